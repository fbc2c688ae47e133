"""Queue, LifoQueue, PriorityQueue: what went in first, last, or is least comes out first."""
import asyncio


async def drain(queue):
    items = []
    while not queue.empty():
        items.append(await queue.get())
    print(*items)


async def main():
    for queue in [asyncio.Queue(), asyncio.LifoQueue(), asyncio.PriorityQueue()]:
        for item in [1, 3, 2]:
            await queue.put(item)
        await drain(queue)

    queue = asyncio.PriorityQueue()
    getter = asyncio.create_task(queue.get())
    await asyncio.sleep(0.01)
    queue.put_nowait(5)
    queue.put_nowait(1)
    print("a getter that waited got", await getter)
    await drain(queue)


asyncio.run(main())
