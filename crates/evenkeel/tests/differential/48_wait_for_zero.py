# differs: with a limit of zero a future is asked once, so one that is ready wins; asyncio begins none
"""wait_for(.., 0): what is done already gives its value; a task is cancelled, a coroutine not begun."""
import asyncio


async def ready():
    print("it begins")
    return "value"


async def main():
    task = asyncio.create_task(ready())
    await asyncio.sleep(0)
    print(await asyncio.wait_for(task, 0))
    for late in [asyncio.create_task(asyncio.sleep(60)), ready()]:
        try:
            print(await asyncio.wait_for(late, 0))
        except asyncio.TimeoutError:
            print("too late")


asyncio.run(main())
