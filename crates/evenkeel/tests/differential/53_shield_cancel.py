# differs: asyncio lets go of shielded work, and its run even cancels it; here who shields it waits for it
"""shield: who awaits it is cancelled, then main ends."""
import asyncio


async def save(name):
    try:
        await asyncio.sleep(0.04)
        print(name, "is saved")
    finally:
        print(name, "is gone")


async def saves(name):
    await asyncio.shield(save(name))
    print("never here")


async def main():
    task = asyncio.create_task(saves("first"))
    await asyncio.sleep(0.02)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("the first is cancelled")
    await asyncio.sleep(0.04)

    task = asyncio.create_task(saves("second"))
    await asyncio.sleep(0.02)
    task.cancel()
    print("main is done")


asyncio.run(main())
print("run has returned")
