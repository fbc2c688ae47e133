"""TaskGroup: cancelled from outside, all its tasks are gone before the cancel is told; one alone harms none."""
import asyncio

gone = []


async def child(name, delay):
    try:
        await asyncio.sleep(delay)
        print(name, "ends")
    finally:
        gone.append(name)


async def groups():
    async with asyncio.TaskGroup() as group:
        for name in "abc":
            group.create_task(child(name, 60))
    print("never here")


async def main():
    task = asyncio.create_task(groups())
    await asyncio.sleep(0.02)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled, and gone are", *sorted(gone))

    gone.clear()
    async with asyncio.TaskGroup() as group:
        group.create_task(child("other", 0.02))
        alone = group.create_task(child("alone", 60))
        await asyncio.sleep(0.01)
        alone.cancel()
    print("the group has ended well, and gone are", *gone)

    gone.clear()
    try:
        async with asyncio.timeout(0.02):
            await groups()
    except TimeoutError:
        print("too late, and gone are", *sorted(gone))


asyncio.run(main())
