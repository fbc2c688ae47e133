# needs 3.12
"""Eager tasks: the first step is taken inside create_task; what never waits is done before it returns."""
import asyncio


async def cached(value):
    print("cached", value)
    return value


async def fetched(value):
    print("fetching", value)
    await asyncio.sleep(0.01)
    print("fetched", value)
    return value


async def main():
    loop = asyncio.get_running_loop()
    queued = asyncio.create_task(cached(0), name="queued")
    loop.set_task_factory(asyncio.eager_task_factory)
    one = loop.create_task(cached(1), name="one")
    print("it is done" if one.done() else "it is not done")
    two = loop.create_task(fetched(2), name="two")
    print("it is done" if two.done() else "it is not done")
    print("main is", "main" if asyncio.current_task() not in (one, two) else "somebody else")
    print(await two, await one, await queued)
    if not one.cancel():
        print("what is done is not cancelled")


asyncio.run(main())
