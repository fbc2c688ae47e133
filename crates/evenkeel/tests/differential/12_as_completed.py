"""as_completed: one after the other, in the order in which they end, errors among them."""
import asyncio


async def child(name, delay):
    await asyncio.sleep(delay)
    if name == "b":
        raise ValueError("b is broken")
    return name


async def main():
    delays = [("a", 0.06), ("b", 0.02), ("c", 0.04)]
    tasks = [asyncio.create_task(child(name, delay)) for name, delay in delays]
    for completed in asyncio.as_completed(tasks):
        try:
            print("got", await completed)
        except ValueError as error:
            print("error:", error)
    print("no more")


asyncio.run(main())
