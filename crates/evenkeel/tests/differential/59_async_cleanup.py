"""finally with awaits: whatever way a task ends, its clean-up is done before anybody hears of the end."""
import asyncio


async def worker(name, delay):
    try:
        await asyncio.sleep(delay)
        print(name, "is done")
    finally:
        print(name, "cleans up")
        await asyncio.sleep(0.01)
        print(name, "is clean")


async def main():
    await asyncio.create_task(worker("quick", 0.01))
    print("main goes on")

    task = asyncio.create_task(worker("slow", 60))
    await asyncio.sleep(0.01)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled")

    try:
        await asyncio.wait_for(asyncio.create_task(worker("late", 60)), 0.02)
    except asyncio.TimeoutError:
        print("too late")

    task = asyncio.create_task(worker("watched", 60))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.sleep(0)
    print("in the middle of it")
    await asyncio.wait([task])
    print("cancelled" if task.cancelled() else "done")

    asyncio.create_task(worker("left", 60))
    await asyncio.sleep(0.01)
    print("main is done")


asyncio.run(main())
print("run has returned")
