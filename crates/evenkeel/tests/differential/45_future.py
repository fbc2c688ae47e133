"""Future: one value, handed over once; whoever waits for it goes on at the loop's next turn."""
import asyncio


async def waits(name, future):
    print(name, "waits")
    try:
        print(name, "got", await future)
    except ValueError as error:
        print(name, "failed:", error)


async def main():
    loop = asyncio.get_running_loop()
    first, second, third = (loop.create_future() for _ in range(3))
    one = asyncio.create_task(waits("one", first))
    two = asyncio.create_task(waits("two", second))
    three = asyncio.create_task(waits("three", third))
    await asyncio.sleep(0.01)
    second.set_result(2)
    first.set_result(1)
    print("main has set two of them")
    await asyncio.sleep(0.01)
    if not third.done():
        third.set_exception(ValueError("there will be none"))
    await three
    await one
    await two

    nobody = loop.create_future()
    gone = asyncio.create_task(waits("gone", nobody))
    await asyncio.sleep(0.01)
    gone.cancel()
    await asyncio.sleep(0.01)
    print("nobody waits any more" if nobody.cancelled() else "somebody waits")


asyncio.run(main())
