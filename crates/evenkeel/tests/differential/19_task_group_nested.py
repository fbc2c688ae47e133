"""TaskGroup in TaskGroup: an error ends the group it is in, then the one around it; errors nest as groups do."""
import asyncio


async def child(name, delay, fails=False):
    try:
        await asyncio.sleep(delay)
        if fails:
            raise ValueError(f"{name} is broken")
        print(name, "ends")
    finally:
        print(name, "is gone")


def show(error, depth=0):
    if isinstance(error, BaseExceptionGroup):
        print("  " * depth + "a group of", len(error.exceptions))
        for inner in error.exceptions:
            show(inner, depth + 1)
    else:
        print("  " * depth + str(error))


async def main():
    try:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(child("outer's", 60))
            async with asyncio.TaskGroup() as inner:
                inner.create_task(child("inner's", 60))
                inner.create_task(child("broken", 0.01, fails=True))
            print("never here")
    except BaseExceptionGroup as error:
        show(error)

    try:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(child("broken", 0.01, fails=True))
            async with asyncio.TaskGroup() as inner:
                inner.create_task(child("inner's", 60))
            print("never here")
    except BaseExceptionGroup as error:
        show(error)

    async with asyncio.TaskGroup() as outer:
        outer.create_task(child("outer's", 0.02))
        try:
            async with asyncio.TaskGroup() as inner:
                inner.create_task(child("inner's", 60))
                inner.create_task(child("broken", 0.01, fails=True))
        except* ValueError as errors:
            print("handled:", *errors.exceptions)
    print("main is done")


asyncio.run(main())
