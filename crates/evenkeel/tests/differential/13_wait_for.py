"""wait_for: in time, with its own error, or too late; then it is gone before the error is told."""
import asyncio


async def child(delay, fails=False):
    try:
        await asyncio.sleep(delay)
        if fails:
            raise ValueError("it is broken")
        return "value"
    finally:
        print("the child is gone")


async def main():
    print(await asyncio.wait_for(child(0.02), 0.1))
    print(await asyncio.wait_for(child(0.02), None))
    try:
        await asyncio.wait_for(child(0.02, fails=True), 0.1)
    except ValueError as error:
        print("error:", error)
    for late in [child(60), asyncio.create_task(child(60))]:
        try:
            await asyncio.wait_for(late, 0.02)
        except asyncio.TimeoutError:
            print("too late")
    done = asyncio.create_task(child(0))
    await asyncio.sleep(0.02)
    print(await asyncio.wait_for(done, 0))


asyncio.run(main())
