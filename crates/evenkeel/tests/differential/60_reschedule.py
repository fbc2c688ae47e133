"""timeout: a limit that is moved from within; without one it never ends, until it gets one."""
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(0.02) as limit:
            for step in range(4):
                await asyncio.sleep(0.015)
                print("step", step)
                if step < 2:
                    limit.reschedule(loop.time() + 0.02)
    except TimeoutError:
        print("too late")

    try:
        async with asyncio.timeout(None) as limit:
            await asyncio.sleep(0.05)
            print("it had all the time")
            limit.reschedule(loop.time() + 0.01)
            await asyncio.sleep(60)
    except TimeoutError:
        print("and now it has none")

    try:
        async with asyncio.timeout(0.02):
            try:
                async with asyncio.timeout(0.02):
                    await asyncio.sleep(60)
            except TimeoutError:
                print("never: both are over")
    except TimeoutError:
        print("of two that are over the outer one tells")


asyncio.run(main())
