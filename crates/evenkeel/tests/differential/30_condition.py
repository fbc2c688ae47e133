"""Condition: those who wait are notified in order, and go on when they have the lock again."""
import asyncio


async def waiter(name, condition):
    async with condition:
        print(name, "waits")
        await condition.wait()
        print(name, "goes on")
    print(name, "lets go")


async def consumer(condition, items):
    async with condition:
        await condition.wait_for(lambda: len(items) >= 3)
        print("there are", len(items))


async def main():
    condition = asyncio.Condition()
    tasks = [asyncio.create_task(waiter(name, condition)) for name in "abcd"]
    await asyncio.sleep(0.01)
    async with condition:
        condition.notify()
        print("one is notified, the lock is still held")
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.01)
    async with condition:
        condition.notify(2)
        print("two are notified")
    await asyncio.sleep(0.01)
    async with condition:
        condition.notify_all()
        print("all are notified")
    await asyncio.wait(tasks)

    condition, items = asyncio.Condition(), []
    consuming = asyncio.create_task(consumer(condition, items))
    for item in range(4):
        await asyncio.sleep(0.01)
        async with condition:
            items.append(item)
            print("put", item)
            condition.notify_all()
    await consuming


asyncio.run(main())
