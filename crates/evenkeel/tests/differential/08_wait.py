"""wait: until all tasks are done, however they end; an error stays with its task."""
import asyncio


async def child(name, delay):
    await asyncio.sleep(delay)
    print(name, "ends")
    if name == "b":
        raise ValueError("b is broken")
    return name


async def main():
    tasks = [
        asyncio.create_task(child("a", 0.04), name="a"),
        asyncio.create_task(child("b", 0.02), name="b"),
        asyncio.create_task(child("c", 60), name="c"),
    ]
    tasks[2].cancel()
    done, pending = await asyncio.wait(tasks)
    print(len(done), "done,", len(pending), "pending")
    for task in sorted(done, key=asyncio.Task.get_name):
        if task.cancelled():
            print(task.get_name(), "was cancelled")
        elif task.exception():
            print(task.get_name(), "failed:", task.exception())
        else:
            print(task.get_name(), "gave", task.result())


asyncio.run(main())
