"""run: from ordinary code into a coroutine, and back with its value or its error; not inside itself."""
import asyncio


async def ten():
    print("ten begins")
    await asyncio.sleep(0.01)
    return 10


async def fails():
    await asyncio.sleep(0)
    raise ValueError("not today")


async def nested():
    inner = ten()
    try:
        asyncio.run(inner)
    except RuntimeError:
        inner.close()
        print("a loop is running already")
    print("nested goes on with", await ten())


print("before")
print("run gave", asyncio.run(ten()))
try:
    asyncio.run(fails())
except ValueError as error:
    print("run raised", error)
asyncio.run(nested())
print("after")
