"""gather(return_exceptions=True): errors and cancellations are values in their places."""
import asyncio


async def child(number, delay):
    await asyncio.sleep(delay)
    if number == 2:
        raise ValueError("two is broken")
    print(number, "ends")
    return number


async def cancel_later(task):
    await asyncio.sleep(0.02)
    print("three is cancelled")
    task.cancel()


async def main():
    tasks = [asyncio.create_task(child(number, 0.01 * number * number)) for number in range(1, 5)]
    canceller = asyncio.create_task(cancel_later(tasks[2]))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, asyncio.CancelledError):
            print("cancelled")
        elif isinstance(result, ValueError):
            print("error:", result)
        else:
            print("value:", result)
    await canceller


asyncio.run(main())
