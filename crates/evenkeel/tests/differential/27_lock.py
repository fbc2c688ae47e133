"""Lock: first come, first served; who lets go and asks again goes to the end of the line."""
import asyncio


async def worker(name, lock):
    for turn in range(2):
        async with lock:
            print(name, "has it,", turn)
            await asyncio.sleep(0.01)
        print(name, "lets go")


async def main():
    lock = asyncio.Lock()
    await lock.acquire()
    workers = [asyncio.create_task(worker(name, lock)) for name in "abc"]
    await asyncio.sleep(0.01)
    print("it is locked" if lock.locked() else "it is free")
    lock.release()
    print("main lets go")
    async with lock:
        print("main is last")
    for task in workers:
        await task
    print("it is locked" if lock.locked() else "it is free")


asyncio.run(main())
