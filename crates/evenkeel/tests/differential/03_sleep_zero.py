"""sleep(0): once round the loop. Those who say it take turns, and newcomers take their place."""
import asyncio


async def counts(name, up_to):
    for step in range(up_to):
        print(name, step)
        await asyncio.sleep(0)
    print(name, "is done")


async def main():
    a = asyncio.create_task(counts("a", 5))
    b = asyncio.create_task(counts("b", 2))
    await asyncio.sleep(0)
    print("main was away once")
    await asyncio.sleep(0)
    c = asyncio.create_task(counts("c", 2))
    print("main has made a third")
    await a
    await b
    await c
    print("main is done")


asyncio.run(main())
