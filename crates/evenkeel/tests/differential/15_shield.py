"""shield: what has begun goes on when its awaiter gives up; who cancels it itself cancels its awaiter."""
import asyncio


async def save(name):
    print(name, "begins")
    await asyncio.sleep(0.04)
    print(name, "is saved")
    return name


async def main():
    print("got", await asyncio.shield(save("plain")))

    try:
        await asyncio.wait_for(asyncio.shield(save("slow")), 0.02)
    except asyncio.TimeoutError:
        print("too late, but it goes on")
    await asyncio.sleep(0.04)

    kept = asyncio.create_task(save("kept"))
    try:
        await asyncio.wait_for(asyncio.shield(kept), 0.02)
    except asyncio.TimeoutError:
        print("too late, but main still has it")
    print("got", await kept)

    inner = asyncio.create_task(save("inner"))

    async def waits():
        await asyncio.shield(inner)
        print("never here")

    waiter = asyncio.create_task(waits())
    await asyncio.sleep(0.02)
    inner.cancel()
    try:
        await waiter
    except asyncio.CancelledError:
        print("the waiter is cancelled")


asyncio.run(main())
