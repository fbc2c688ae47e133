# needs 3.13
"""Queue.shutdown: no more is put; what is there is still got; then those who wait are told."""
import asyncio


async def consumer(name, queue):
    try:
        while True:
            item = await queue.get()
            print(name, "got", item)
            queue.task_done()
            await asyncio.sleep(0)
    except asyncio.QueueShutDown:
        print(name, "is told")


async def producer(queue):
    try:
        await queue.put("late")
        print("never here")
    except asyncio.QueueShutDown:
        print("the producer is told")


async def main():
    queue = asyncio.Queue()
    for item in range(3):
        queue.put_nowait(item)
    queue.shutdown()
    await producer(queue)
    await asyncio.gather(consumer("a", queue), consumer("b", queue))
    await queue.join()
    print("all is done")

    empty = asyncio.Queue()
    waiting = asyncio.create_task(consumer("c", empty))
    await asyncio.sleep(0.01)
    empty.shutdown()
    await waiting

    full = asyncio.Queue(1)
    full.put_nowait("first")
    waiting = asyncio.create_task(producer(full))
    await asyncio.sleep(0.01)
    full.shutdown(immediate=True)
    await waiting
    await full.join()
    print("what was there is gone, and counts as done")
    await consumer("d", full)


asyncio.run(main())
