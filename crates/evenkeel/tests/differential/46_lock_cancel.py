"""Lock: the one it was handed to is cancelled before it came for it; the next in line has it."""
import asyncio


async def worker(name, lock):
    try:
        async with lock:
            print(name, "has it")
            await asyncio.sleep(0.01)
    finally:
        print(name, "is gone")


async def main():
    lock = asyncio.Lock()
    await lock.acquire()
    workers = [asyncio.create_task(worker(name, lock)) for name in "abcd"]
    await asyncio.sleep(0.01)
    workers[1].cancel()
    await asyncio.sleep(0.01)
    lock.release()
    workers[0].cancel()
    print("let go, and a is cancelled in the same turn")
    await asyncio.wait(workers)
    print("it is locked" if lock.locked() else "it is free")

    await lock.acquire()
    try:
        await asyncio.wait_for(lock.acquire(), 0.02)
    except asyncio.TimeoutError:
        print("too late")
    lock.release()
    print("it is locked" if lock.locked() else "it is free")


asyncio.run(main())
