"""gather: who cancels the gathering task cancels what it gathers; code behind it never runs."""
import asyncio


async def child(name):
    try:
        print(name, "waits")
        await asyncio.sleep(60)
        print(name, "was patient")
    finally:
        print(name, "is gone")


async def gathers():
    try:
        await asyncio.gather(child("a"), child("b"), child("c"))
        print("all are done")
    finally:
        print("the gathering task is gone")


async def main():
    task = asyncio.create_task(gathers())
    await asyncio.sleep(0.02)
    if task.cancel():
        print("it will be cancelled")
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled")
    if not task.cancel():
        print("now it is too late")


asyncio.run(main())
