"""Barrier: nobody passes before all are there; again and again; who comes last passes first."""
import asyncio


async def runner(name, barrier, delays):
    for lap, delay in enumerate(delays):
        await asyncio.sleep(delay)
        print(name, "is there, lap", lap, "and", barrier.n_waiting, "wait")
        place = await barrier.wait()
        print(name, "passes at place", place)


async def breaks(barrier):
    try:
        await barrier.wait()
    except asyncio.BrokenBarrierError:
        print("broken")


async def main():
    barrier = asyncio.Barrier(3)
    await asyncio.gather(
        runner("a", barrier, [0.02, 0.06]),
        runner("b", barrier, [0.06, 0.02]),
        runner("c", barrier, [0.04, 0.04]),
    )

    tasks = [asyncio.create_task(breaks(barrier)) for _ in range(2)]
    await asyncio.sleep(0.01)
    print(barrier.n_waiting, "wait")
    await barrier.reset()
    await asyncio.wait(tasks)
    print("reset, and", "broken" if barrier.broken else "whole")
    await barrier.abort()
    await breaks(barrier)
    print("aborted, and", "broken" if barrier.broken else "whole")


asyncio.run(main())
