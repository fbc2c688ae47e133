"""TaskGroup: the block ends when all its tasks have; the tasks of its tasks among them."""
import asyncio


async def child(name, delay):
    print(name, "begins")
    await asyncio.sleep(delay)
    print(name, "ends")
    return name.upper()


async def parent(group):
    print("parent begins")
    await asyncio.sleep(0.02)
    group.create_task(child("grandchild", 0.04))
    print("parent ends")


async def main():
    async with asyncio.TaskGroup() as group:
        a = group.create_task(child("a", 0.05))
        b = group.create_task(child("b", 0.01))
        group.create_task(parent(group))
        print("the body waits for b:", await b)
        c = group.create_task(child("c", 0.02))
        print("the body ends")
    print("all have ended:", a.result(), b.result(), c.result())

    async with asyncio.TaskGroup():
        print("nothing to wait for")
    print("main is done")


asyncio.run(main())
