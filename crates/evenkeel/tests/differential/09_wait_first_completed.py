"""wait(return_when=FIRST_COMPLETED): back at the first end, again and again; the others go on."""
import asyncio


async def child(name, delay):
    await asyncio.sleep(delay)
    print(name, "ends")


async def main():
    pending = {
        asyncio.create_task(child(name, delay), name=name)
        for name, delay in [("a", 0.06), ("b", 0.02), ("c", 0.04)]
    }
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        print("done:", *sorted(task.get_name() for task in done))
        print("pending:", *sorted(task.get_name() for task in pending))


asyncio.run(main())
