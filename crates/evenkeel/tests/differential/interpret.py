"""Runs random programs on asyncio; random.rs says what they are, and is the same for evenkeel.

    python3 jump.py interpret.py < programs
"""
import asyncio
import sys


class Program:
    def __init__(self, name, tasks):
        self.name, self.texts, self.tasks = name, tasks, {}

    async def main(self):
        self.locks = [asyncio.Lock() for _ in range(3)]
        self.semaphores = [asyncio.Semaphore(n) for n in (0, 1, 2)]
        self.events = [asyncio.Event() for _ in range(3)]
        for number in range(3):
            self.spawn(number)
        await asyncio.sleep(1e6)
        print("-")
        sys.stdout = None  # What is left is cancelled in no certain order.

    def spawn(self, number):
        if number not in self.tasks:
            self.tasks[number] = asyncio.create_task(self.task(number))

    async def task(self, number):
        held = []
        try:
            for text in self.texts[number]:
                print(number, text, "->", await self.step(text.split(), held))
        finally:
            for release in held:
                release[1].release()
            print(number, "is gone")

    async def step(self, words, held):
        if words[0] == "timed":
            try:
                async with asyncio.timeout(float(words[1]) / 1000):
                    return await self.step(words[2:], held)
            except TimeoutError:
                return "late"
        what, argument = words[0], int(words[1])
        if what == "yield":
            for _ in range(argument):
                await asyncio.sleep(0)
        elif what == "sleep":
            await asyncio.sleep(argument / 1000)
        elif what in ("lock", "acquire"):
            of = self.locks if what == "lock" else self.semaphores
            if (what, of[argument]) in held:
                return "has it"
            await of[argument].acquire()
            held.append((what, of[argument]))
        elif what in ("unlock", "release"):
            of = self.locks if what == "unlock" else self.semaphores
            mine = ("lock" if what == "unlock" else "acquire", of[argument])
            if mine not in held:
                return "has it not"
            held.remove(mine)
            of[argument].release()
        elif what == "add":
            self.semaphores[argument].release()
        elif what == "set":
            self.events[argument].set()
        elif what == "clear":
            self.events[argument].clear()
        elif what == "wait":
            await self.events[argument].wait()
        elif what == "soon":
            asyncio.get_running_loop().call_soon(print, "called", argument)
        elif what == "later":
            asyncio.get_running_loop().call_later(argument / 1000, print, "called", argument)
        elif what == "watch":
            if argument in self.tasks:
                self.tasks[argument].add_done_callback(
                    lambda task: print(argument, "has ended:", "cancelled" if task.cancelled() else "done")
                )
        elif what == "spawn":
            self.spawn(argument)
        elif what == "cancel":
            if self.tasks.get(argument) is asyncio.current_task():
                return "not me"
            if argument in self.tasks:
                return "yes" if self.tasks[argument].cancel() else "no"
        return "ok"


programs = {}
for line in sys.stdin:
    name, number, text = line.strip().split(" ", 2)
    programs.setdefault(name, {})[int(number)] = text.split("; ")
for name, tasks in programs.items():
    stdout = sys.stdout
    asyncio.run(Program(name, tasks).main())
    sys.stdout = stdout
