# differs: a cancelled waiter leaves the line at its own turn, and what it was given meanwhile goes on from there
"""Semaphore: the first in line is cancelled, and in the same turn a permit comes."""
import asyncio


async def waiter(name, semaphore):
    try:
        await semaphore.acquire()
        print(name, "has it")
    finally:
        print(name, "is gone")


async def other():
    print("the other one has its turn")


async def main():
    semaphore = asyncio.Semaphore(0)
    first = asyncio.create_task(waiter("first", semaphore))
    second = asyncio.create_task(waiter("second", semaphore))
    await asyncio.sleep(0.01)
    first.cancel()
    semaphore.release()
    asyncio.create_task(other())
    await second


asyncio.run(main())
