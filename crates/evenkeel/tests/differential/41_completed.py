"""A completed future: awaited at once, without a turn of the loop, as often as one likes."""
import asyncio


async def other():
    print("the other one has a turn")


async def main():
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    ready.set_result(7)
    turn = asyncio.create_task(other())
    print("it gives", await ready)
    print("and again", await ready)
    await turn
    print("gathered", await asyncio.gather(ready, ready))
    print("in no time", await asyncio.wait_for(ready, 0))
    print("done" if ready.done() else "pending")
    if not ready.cancel():
        print("what is done is not cancelled")

    finished = asyncio.create_task(other())
    await asyncio.sleep(0)
    turn = asyncio.create_task(other())
    await finished
    print("a finished task takes no turn either")
    await turn


asyncio.run(main())
