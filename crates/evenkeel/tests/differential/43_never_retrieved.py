"""An error that nobody has heard of is told when the last who could ask is gone; one that was heard is not."""
import asyncio


def tell(loop, context):
    print("nobody heard of it:", context["exception"])


async def fails(name):
    print(name, "fails")
    raise ValueError(f"{name} is broken")


async def main():
    asyncio.get_running_loop().set_exception_handler(tell)
    asyncio.create_task(fails("detached"))
    await asyncio.sleep(0.01)

    held = asyncio.create_task(fails("held"))
    await asyncio.sleep(0.01)
    print("still held")
    del held
    print("let go")

    awaited = asyncio.create_task(fails("awaited"))
    try:
        await awaited
    except ValueError as error:
        print("heard:", error)
    del awaited
    print("main is done")


asyncio.run(main())
