"""TaskGroup: three that would fail in one turn of the loop."""
import asyncio


async def child(name):
    try:
        await asyncio.sleep(0)
        raise ValueError(f"{name} is broken")
    finally:
        print(name, "is gone")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            for name in ["one", "two", "three"]:
                group.create_task(child(name))
            await asyncio.sleep(60)
    except* ValueError as errors:
        print("errors:", *errors.exceptions)


asyncio.run(main())
