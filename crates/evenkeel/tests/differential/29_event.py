"""Event: set lets all go, in order; set and clear at once lets go those who waited."""
import asyncio


async def waiter(name, event):
    print(name, "waits" if not event.is_set() else "need not wait")
    await event.wait()
    print(name, "goes on")


async def main():
    event = asyncio.Event()
    tasks = [asyncio.create_task(waiter(name, event)) for name in "abc"]
    await asyncio.sleep(0.01)
    tasks[1].cancel()
    event.set()
    print("set")
    await waiter("main", event)
    await asyncio.wait(tasks)

    event.clear()
    tasks = [asyncio.create_task(waiter(name, event)) for name in "de"]
    await asyncio.sleep(0.01)
    event.set()
    event.clear()
    print("set and cleared")
    late = asyncio.create_task(waiter("late", event))
    await asyncio.wait(tasks)
    await asyncio.sleep(0.01)
    print("late is done" if late.done() else "late still waits")
    event.set()
    await late


asyncio.run(main())
