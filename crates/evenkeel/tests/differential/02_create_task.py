"""create_task: a task begins when its maker suspends, and tasks begin in the order of their making."""
import asyncio


async def child(name):
    print(name, "begins")
    grandchild = asyncio.create_task(grand(name))
    await asyncio.sleep(0)
    print(name, "goes on")
    await grandchild
    return name


async def grand(name):
    print("a child of", name)


async def main():
    tasks = [asyncio.create_task(child(name)) for name in "abc"]
    print("main has made three tasks")
    for task in tasks:
        print("main got", await task)


asyncio.run(main())
