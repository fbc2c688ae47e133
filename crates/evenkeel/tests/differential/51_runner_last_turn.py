# differs: asyncio's loop takes one more turn after main is done; a run ends where main ends
"""Runner: what the others still do when main is done."""
import asyncio


async def counts():
    for step in range(1, 100):
        print("step", step)
        await asyncio.sleep(0)


async def begins():
    task = asyncio.create_task(counts())
    await asyncio.sleep(0)
    print("main is done")
    return task


with asyncio.Runner() as runner:
    task = runner.run(begins())
    print("between runs")
    runner.run(asyncio.sleep(0))
    print("the second run is over")
