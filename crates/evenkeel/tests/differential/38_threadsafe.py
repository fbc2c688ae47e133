"""run_coroutine_threadsafe: a thread has the loop run something, and waits for it."""
import asyncio
import concurrent.futures


async def add(a, b):
    await asyncio.sleep(0.01)
    return a + b


async def fails():
    raise ValueError("not on my loop")


def from_a_thread(loop):
    print("sum:", asyncio.run_coroutine_threadsafe(add(1, 2), loop).result())
    try:
        asyncio.run_coroutine_threadsafe(fails(), loop).result()
    except ValueError as error:
        print("error:", error)

    hangs = asyncio.run_coroutine_threadsafe(asyncio.sleep(60), loop)
    hangs.cancel()
    try:
        hangs.result()
    except concurrent.futures.CancelledError:
        print("cancelled")
    return "the thread is done"


async def main():
    loop = asyncio.get_running_loop()
    print(await asyncio.to_thread(from_a_thread, loop))


asyncio.run(main())
