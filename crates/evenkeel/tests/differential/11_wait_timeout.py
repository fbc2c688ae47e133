"""wait(timeout=): no error and no cancellation; what is not done by then is pending."""
import asyncio


async def child(name, delay):
    await asyncio.sleep(delay)
    print(name, "ends")
    return name


async def main():
    a = asyncio.create_task(child("a", 0.02), name="a")
    b = asyncio.create_task(child("b", 0.06), name="b")
    done, pending = await asyncio.wait([a, b], timeout=0)
    print("at once:", len(done), "done,", len(pending), "pending")
    done, pending = await asyncio.wait([a, b], timeout=0.04)
    print("later:", *[task.get_name() for task in done], "done,", len(pending), "pending")
    done, pending = await asyncio.wait(pending, timeout=60)
    print("at last:", *[task.get_name() for task in done], "done,", len(pending), "pending")


asyncio.run(main())
