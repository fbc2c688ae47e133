"""cancel: before its first step a task never runs a line; at an await it ends there."""
import asyncio


async def child(name):
    print(name, "begins")
    try:
        await asyncio.sleep(60)
        print(name, "was patient")
    finally:
        print(name, "is gone")


async def outcome(task):
    try:
        await task
        print("done")
    except asyncio.CancelledError:
        print("cancelled")


async def main():
    never = asyncio.create_task(child("never"))
    if never.cancel() and never.cancel():
        print("it will be cancelled, however often one asks")
    await outcome(never)

    begun = asyncio.create_task(child("begun"))
    await asyncio.sleep(0)
    begun.cancel()
    await outcome(begun)
    if not begun.cancel():
        print("now it is too late")

    async def itself():
        asyncio.current_task().cancel()
        print("goes on to its next await")
        await asyncio.sleep(0)
        print("never here")

    await outcome(asyncio.create_task(itself()))


asyncio.run(main())
