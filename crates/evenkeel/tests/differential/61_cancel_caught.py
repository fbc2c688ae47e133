"""A cancel that is caught: the work is given up, and its owner goes on; here that is a scope."""
import asyncio


async def download(name):
    try:
        await asyncio.sleep(60)
        return f"{name}, all of it"
    except asyncio.CancelledError as error:
        print("given up:", *error.args)
        return f"{name}, what there was"
    finally:
        print(name, "is over")


async def main():
    task = asyncio.create_task(download("film"))
    await asyncio.sleep(0.01)
    task.cancel("the disk is full")
    try:
        print("got", await task)
    except asyncio.CancelledError:
        print("it was cancelled")


asyncio.run(main())
