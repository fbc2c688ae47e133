"""Runner: one loop for many runs. Between them tasks stand still; the close ends them."""
import asyncio
import contextvars

last = contextvars.ContextVar("last", default=0)


async def counts():
    try:
        for step in range(1, 100):
            print("step", step)
            await asyncio.sleep(0.03)
    finally:
        print("the counter is gone")


async def begins():
    task = asyncio.create_task(counts())
    await asyncio.sleep(0.045)
    return task


async def remembers(number):
    await asyncio.sleep(0.03)
    print("last time it was", last.get())
    last.set(number)


runner = asyncio.Runner()
with runner:
    task = runner.run(begins())
    print("the first run is over")
    runner.run(remembers(1))
    runner.run(remembers(2))
    print("the counter is done" if task.done() else "the counter stands still")
print("closed")
try:
    unused = begins()
    runner.run(unused)
except RuntimeError:
    unused.close()
    print("it runs nothing any more")
