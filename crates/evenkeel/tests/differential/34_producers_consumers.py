"""Producers, consumers and a queue between them; join waits until all that was put is done with."""
import asyncio


async def producer(name, queue):
    for number in range(3):
        await queue.put(f"{name}{number}")
        await asyncio.sleep(0.02)
    print("producer", name, "is done")


async def consumer(name, delay, queue):
    try:
        while True:
            item = await queue.get()
            print(name, "works on", item)
            await asyncio.sleep(delay)
            queue.task_done()
    finally:
        print("consumer", name, "is gone")


async def main():
    queue = asyncio.Queue(maxsize=2)
    consumers = [
        asyncio.create_task(consumer("one", 0.025, queue)),
        asyncio.create_task(consumer("two", 0.028, queue)),
    ]
    await asyncio.gather(producer("a", queue), producer("b", queue))
    print("all is put")
    await queue.join()
    print("all is done")
    for task in consumers:
        task.cancel()
    await asyncio.wait(consumers)
    await queue.join()
    print("there is nothing to wait for")


asyncio.run(main())
