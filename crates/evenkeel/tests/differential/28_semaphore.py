"""Semaphore: so many at a time, and those who wait come in order."""
import asyncio

running = 0


async def worker(name, delay, semaphore):
    global running
    async with semaphore:
        running += 1
        print(name, "begins, running:", running)
        await asyncio.sleep(delay)
        running -= 1
        print(name, "ends")


async def main():
    semaphore = asyncio.Semaphore(2)
    delays = [("a", 0.05), ("b", 0.02), ("c", 0.06), ("d", 0.02), ("e", 0.04)]
    await asyncio.gather(*(worker(name, delay, semaphore) for name, delay in delays))

    closed = asyncio.Semaphore(0)
    waiters = [asyncio.create_task(worker(name, 0, closed)) for name in "xyz"]
    await asyncio.sleep(0.01)
    waiters[0].cancel()
    print("one was cancelled, two are let in")
    closed.release()
    closed.release()
    await asyncio.wait(waiters)
    print("it is locked" if closed.locked() else "one may come in")


asyncio.run(main())
