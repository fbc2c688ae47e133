"""cancel("why"): the reason arrives where the task is awaited, also through those who await it."""
import asyncio


async def waits(task=None):
    await (task or asyncio.sleep(60))


async def outcome(task):
    try:
        await task
        print("done")
    except asyncio.CancelledError as error:
        print("cancelled:", *error.args)


async def main():
    early = asyncio.create_task(waits())
    early.cancel("before it began")
    await outcome(early)

    late = asyncio.create_task(waits())
    await asyncio.sleep(0.01)
    late.cancel("while it waited")
    await outcome(late)

    inner = asyncio.create_task(waits())
    outer = asyncio.create_task(waits(inner))
    await asyncio.sleep(0.01)
    inner.cancel("what it awaits")
    await outcome(outer)

    silent = asyncio.create_task(waits())
    await asyncio.sleep(0.01)
    silent.cancel()
    await outcome(silent)


asyncio.run(main())
