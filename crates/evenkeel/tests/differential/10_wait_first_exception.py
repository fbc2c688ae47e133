"""wait(return_when=FIRST_EXCEPTION): back at the first error; a cancellation is none."""
import asyncio


async def child(name, delay):
    await asyncio.sleep(delay)
    print(name, "ends")
    if name == "c":
        raise ValueError("c is broken")


async def main():
    tasks = [
        asyncio.create_task(child(name, delay), name=name)
        for name, delay in [("a", 0.02), ("b", 60), ("c", 0.06), ("d", 0.08)]
    ]
    asyncio.get_running_loop().call_later(0.04, tasks[1].cancel)
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    print("done:", *sorted(task.get_name() for task in done))
    print("pending:", *sorted(task.get_name() for task in pending))
    for task in pending:
        await task
    print("c failed:", tasks[2].exception())


asyncio.run(main())
