# differs: a task waits for the end of those it made, not of those it was given: two might have each other's
"""cancel: also of tasks that were given to those who await them."""
import asyncio


async def waits(name, task=None):
    try:
        print(name, "waits")
        await (task or asyncio.sleep(60))
    finally:
        print(name, "is gone")


async def main():
    inner = asyncio.create_task(waits("inner"))
    middle = asyncio.create_task(waits("middle", inner))
    outer = asyncio.create_task(waits("outer", middle))
    await asyncio.sleep(0.02)
    outer.cancel()
    try:
        await outer
    except asyncio.CancelledError:
        print("cancelled")
    await asyncio.sleep(0.02)
    print("main is done")


asyncio.run(main())
