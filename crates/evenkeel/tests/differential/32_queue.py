"""Queue: bounded, so who puts waits for room; first in, first out; who gets waits in order."""
import asyncio


async def producer(queue):
    for item in range(5):
        await queue.put(item)
        print("put", item, "and there are", queue.qsize())


async def consumer(name, queue):
    print(name, "got", await queue.get())


async def main():
    queue = asyncio.Queue(maxsize=2)
    producing = asyncio.create_task(producer(queue))
    await asyncio.sleep(0.01)
    print("full" if queue.full() else "room")
    try:
        queue.put_nowait(99)
    except asyncio.QueueFull:
        print("no room for 99")
    for _ in range(5):
        print("got", await queue.get())
        await asyncio.sleep(0.01)
    await producing
    print("empty" if queue.empty() else "not empty")
    try:
        queue.get_nowait()
    except asyncio.QueueEmpty:
        print("nothing to get")

    consumers = [asyncio.create_task(consumer(name, queue)) for name in "abc"]
    await asyncio.sleep(0.01)
    consumers[0].cancel()
    for item in [7, 8]:
        await queue.put(item)
    await asyncio.wait(consumers)

    try:
        await asyncio.wait_for(queue.get(), 0.01)
    except asyncio.TimeoutError:
        print("nothing came")


asyncio.run(main())
