"""ThreadPoolExecutor: at most so many at a time, in the order of the calls, gathered in that order."""
import asyncio
import concurrent.futures
import threading
import time

lock = threading.Lock()
running, most, begun = 0, 0, []


def work(number):
    global running, most
    with lock:
        begun.append(number)
        running += 1
        most = max(most, running)
    time.sleep(0.01)
    with lock:
        running -= 1
    if number == 5:
        raise ValueError("five is broken")
    return number * 10


async def main():
    loop = asyncio.get_running_loop()
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        calls = [loop.run_in_executor(pool, work, number) for number in range(9)]
        results = await asyncio.gather(*calls, return_exceptions=True)
    for number, result in enumerate(results):
        print(number, "failed:" if isinstance(result, ValueError) else "gave", result)
    print("at most", most, "at a time")

    begun.clear()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        calls = [loop.run_in_executor(pool, work, number) for number in range(4)]
        calls[2].cancel()
        await asyncio.gather(*calls, return_exceptions=True)
    print("one after the other:", *begun)


asyncio.run(main())
