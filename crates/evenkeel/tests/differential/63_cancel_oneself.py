# differs: who has cancelled itself ends where it next waits; in asyncio when its turn comes again
"""cancel: a task cancels itself, then yields; who goes first?"""
import asyncio


async def itself():
    try:
        asyncio.current_task().cancel()
        print("it goes on")
        await asyncio.sleep(0)
        print("never here")
    finally:
        print("it is gone")


async def other():
    print("the other one has its turn")


async def main():
    tasks = [asyncio.create_task(itself()), asyncio.create_task(other())]
    await asyncio.wait(tasks)
    print("cancelled" if tasks[0].cancelled() else "done")


asyncio.run(main())
