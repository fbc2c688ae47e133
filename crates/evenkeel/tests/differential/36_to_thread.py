"""to_thread: calls that block, on threads; results in argument order, errors where they are awaited."""
import asyncio
import threading
import time


def blocks(number):
    time.sleep(0.005 * (4 - number))
    return number * number


def fails():
    raise ValueError("it did not work")


async def main():
    here = threading.get_ident()
    there = await asyncio.to_thread(threading.get_ident)
    print("another thread" if here != there else "the same thread")
    print(await asyncio.gather(*(asyncio.to_thread(blocks, number) for number in range(4))))
    try:
        await asyncio.to_thread(fails)
    except ValueError as error:
        print("error:", error)

    steps = []

    async def ticks():
        while len(steps) < 3:
            steps.append(len(steps))
            await asyncio.sleep(0)

    ticking = asyncio.create_task(ticks())
    await asyncio.to_thread(time.sleep, 0.02)
    print("meanwhile the loop took", len(steps), "steps")
    await ticking


asyncio.run(main())
