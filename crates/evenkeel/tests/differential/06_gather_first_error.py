# differs: asyncio's gather raises the first error and leaves the others running; try_gather ends them first
"""gather: the first error comes out at once."""
import asyncio


async def child(name, delay):
    try:
        await asyncio.sleep(delay)
        if name == "b":
            raise ValueError("b is broken")
        print(name, "ends")
    finally:
        print(name, "is gone")
    return name


async def main():
    try:
        print(await asyncio.gather(child("a", 0.01), child("b", 0.02), child("c", 0.03)))
    except ValueError as error:
        print("error:", error)
    await asyncio.sleep(0.05)
    print("main is done")


asyncio.run(main())
