"""Runs scripts on asyncio's own loop with a clock that jumps to the next deadline when all tasks wait.

    python3 jump.py NN_name.py [...]

So their order rests on nothing but asyncio: not on how busy the machine is. The scripts know nothing of it,
and say the same in real time. While there are other threads, time is real.

Of several scripts, each is run in a copy of this process, for an interpreter takes longer to start than a
script to run. What they say comes line by line behind a sign: > the script and how it ended, | what it
printed, ! its errors.
"""
import asyncio
import os
import selectors
import signal
import sys
import tempfile
import threading
import time

PATIENCE = 30  # Seconds for a script, which takes a hundredth of one: so long is a hang.

now = 0.0


class Selector(selectors.DefaultSelector):
    """Where the loop waits: for the kernel, or until a deadline."""

    def __init__(self):
        global now
        now = 0.0  # Each loop's: asyncio stands still where a nanosecond more is the same number.
        super().__init__()

    def select(self, timeout=None):
        global now
        events = super().select(0)
        if events or (timeout is not None and timeout <= 0):
            return events
        if timeout is None or threading.active_count() > 1:
            begun = time.monotonic()
            events = super().select(timeout)
            passed = time.monotonic() - begun
            now += passed if timeout is None or events else max(passed, timeout)
            return events
        now += timeout
        return []


selectors.DefaultSelector = Selector
asyncio.BaseEventLoop.time = lambda loop: now


def play(path):
    with open(path, encoding="utf-8") as script:
        code = compile(script.read(), path, "exec")
    exec(code, {"__name__": "__main__"})


def play_apart(path):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        sys.stdout.flush()  # Or the copy has it, too.
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            signal.alarm(PATIENCE)
            play(path)
            sys.exit()  # What was printed is flushed on the way.
        _, status = os.waitpid(child, 0)
        print(">", os.path.basename(path), status)
        for sign, said in [("|", out), ("!", errors)]:
            said.seek(0)
            for line in said.read().decode().splitlines():
                print(sign + line)


paths = sys.argv[1:]
if len(paths) == 1:
    play(paths[0])
else:
    for path in paths:
        play_apart(path)
