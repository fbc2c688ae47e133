"""Two tasks and two events: each wakes the other, turn by turn, and a third one sees every turn."""
import asyncio


async def player(name, mine, other):
    for stroke in range(3):
        await mine.wait()
        mine.clear()
        print(name, stroke)
        other.set()


async def watches(tasks):
    turn = 0
    while not all(task.done() for task in tasks):
        print("turn", turn)
        turn += 1
        await asyncio.sleep(0)


async def main():
    ping, pong = asyncio.Event(), asyncio.Event()
    tasks = [
        asyncio.create_task(player("ping", ping, pong)),
        asyncio.create_task(player("pong", pong, ping)),
    ]
    watching = asyncio.create_task(watches(tasks))
    ping.set()
    await watching


asyncio.run(main())
