"""Runs a script on asyncio's own loop with a clock that jumps to the next deadline when all tasks wait.

    python3 jump.py NN_name.py

So its order rests on nothing but asyncio: not on how busy the machine is. The scripts know nothing of it,
and say the same in real time. While there are other threads, time is real.
"""
import asyncio
import selectors
import sys
import threading
import time

now = 0.0


class Selector(selectors.DefaultSelector):
    """Where the loop waits: for the kernel, or until a deadline."""

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

path = sys.argv[1]
with open(path, encoding="utf-8") as script:
    code = compile(script.read(), path, "exec")
exec(code, {"__name__": "__main__"})
