"""run: what main leaves behind is cancelled and gone before run returns; main's value or error stands."""
import asyncio

gone = []


async def left(name):
    try:
        await asyncio.sleep(60)
        print("never")
    finally:
        gone.append(name)


async def main(error=None):
    tasks = [asyncio.create_task(left(name)) for name in "abc"]
    await asyncio.sleep(0.01)
    print("main is done,", sum(not task.done() for task in tasks), "are left")
    if error:
        raise error
    return 123


print("run gave", asyncio.run(main()))
print("gone:", *sorted(gone))
gone.clear()
try:
    asyncio.run(main(ValueError("main is broken")))
except ValueError as error:
    print("run raised", error)
print("gone:", *sorted(gone))
