"""Retry: a limit of time for each attempt, a pause that doubles, and the last error when all is in vain."""
import asyncio


async def flaky(attempt, succeeds_at):
    if attempt == succeeds_at:
        return f"attempt {attempt} did it"
    if attempt % 2:
        await asyncio.sleep(60)
    raise ConnectionError(f"attempt {attempt} was refused")


async def retry(attempts, succeeds_at):
    pause = 0.01
    for attempt in range(attempts):
        try:
            return await asyncio.wait_for(flaky(attempt, succeeds_at), 0.02)
        except ConnectionError as error:
            print(error)
            last = error
        except asyncio.TimeoutError as error:
            print("attempt", attempt, "took too long")
            last = error
        await asyncio.sleep(pause)
        pause *= 2
    raise last


async def heartbeat():
    beats = 0
    try:
        while True:
            await asyncio.sleep(0.001)
            beats += 1
    finally:
        print("the heart beat on" if beats > 3 else "the loop stood still")


async def main():
    beating = asyncio.create_task(heartbeat())
    print(await retry(5, succeeds_at=2))
    try:
        await retry(3, succeeds_at=9)
    except ConnectionError as error:
        print("in vain:", error)
    beating.cancel()
    await asyncio.wait([beating])


asyncio.run(main())
