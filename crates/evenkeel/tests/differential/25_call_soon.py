"""call_soon: functions the loop calls, each once, in the order of the asking, among the tasks."""
import asyncio


async def task(name):
    print("task", name)


def first(loop):
    print("first")
    loop.call_soon(lambda: print("asked for by the first"))


async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(first, loop)
    one = asyncio.create_task(task("one"))
    loop.call_soon(lambda: print("second"))
    never = loop.call_soon(lambda: print("never"))
    two = asyncio.create_task(task("two"))
    never.cancel()
    print("main goes on:", "cancelled" if never.cancelled() else "to be called")
    await asyncio.sleep(0)
    print("main was away once")
    await asyncio.sleep(0)
    print("main was away twice")
    await one
    await two


asyncio.run(main())
