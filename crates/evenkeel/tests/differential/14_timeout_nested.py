"""timeout: blocks in blocks. The one that is over raises; what goes on around it does not notice."""
import asyncio


async def steps(name):
    try:
        for step in range(1, 100):
            await asyncio.sleep(0.02)
            print(name, step)
    finally:
        print(name, "is gone")


async def main():
    try:
        async with asyncio.timeout(0.14):
            try:
                async with asyncio.timeout(0.05):
                    await steps("inner")
            except TimeoutError:
                print("the inner block is over")
            await steps("outer")
    except TimeoutError:
        print("the outer block is over")

    try:
        async with asyncio.timeout(0.03):
            try:
                async with asyncio.timeout(60):
                    await steps("again")
            except TimeoutError:
                print("never: the inner block has time")
    except TimeoutError:
        print("the outer block was first")

    async with asyncio.timeout(0.01):
        await asyncio.sleep(0)
    print("in time")


asyncio.run(main())
