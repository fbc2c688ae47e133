"""TaskGroup: one fails; the others and the body are cancelled and gone before the error is raised."""
import asyncio


async def child(name, delay, fails=False):
    try:
        await asyncio.sleep(delay)
        if fails:
            raise ValueError(f"{name} is broken")
        print(name, "ends")
    finally:
        print(name, "is gone")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(child("quick", 0.01))
            group.create_task(child("broken", 0.02, fails=True))
            group.create_task(child("patient", 60))
            print("the body waits")
            await asyncio.sleep(60)
            print("never here")
    except* ValueError as errors:
        print("errors:", *errors.exceptions)
    print("main goes on")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(child("patient", 60))
            await asyncio.sleep(0.01)
            raise ValueError("the body is broken")
    except* ValueError as errors:
        print("errors:", *errors.exceptions)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(child("broken", 0.01, fails=True))
            await asyncio.sleep(0.005)
            raise ValueError("the body is broken")
    except* ValueError as errors:
        print(len(errors.exceptions), "error:", *errors.exceptions)


asyncio.run(main())
