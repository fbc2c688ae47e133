# differs: a cancelled future is dropped from the outside inwards; its end is told when all are gone
"""cancel: goes through who awaits whom down to the innermost; the end is told when all have ended."""
import asyncio


async def inner():
    try:
        print("inner waits")
        await asyncio.sleep(60)
    finally:
        print("inner is gone")


async def middle():
    try:
        print("middle waits")
        await asyncio.create_task(inner())
    finally:
        print("middle is gone")


async def outer():
    try:
        print("outer waits")
        await asyncio.create_task(middle())
    finally:
        print("outer is gone")


async def main():
    task = asyncio.create_task(outer())
    await asyncio.sleep(0.02)
    task.cancel("enough")
    try:
        await task
    except asyncio.CancelledError as error:
        print("cancelled:", error)
    await asyncio.sleep(0.02)
    print("main is done")


asyncio.run(main())
