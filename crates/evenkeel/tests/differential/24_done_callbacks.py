"""add_done_callback: called soon after the end, in order, never at once; one that fails stops none."""
import asyncio


def how(task):
    return "cancelled" if task.cancelled() else "failed" if task.exception() else "completed"


def fails(task):
    print("a callback fails")
    raise ValueError("a broken callback")


async def child(delay, error=None):
    await asyncio.sleep(delay)
    print("the child ends")
    if error:
        raise error


async def main():
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    task = asyncio.create_task(child(0.02))
    task.add_done_callback(lambda task: print("first:", how(task)))
    task.add_done_callback(fails)
    task.add_done_callback(lambda task: print("second:", how(task)))
    await task
    print("main goes on")
    task.add_done_callback(lambda task: print("late:", how(task)))
    print("not yet")
    await asyncio.sleep(0)

    task = asyncio.create_task(child(60))
    task.add_done_callback(lambda task: print("cancelled one:", how(task)))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0.02)

    task = asyncio.create_task(child(0, ValueError("broken")))
    task.add_done_callback(lambda task: print("failed one:", how(task)))
    await asyncio.sleep(0.02)


asyncio.run(main())
