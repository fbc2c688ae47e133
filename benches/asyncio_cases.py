#!/usr/bin/env python3
"""The same work on CPython's asyncio, and on uvloop if it can be imported.

    python3 benches/asyncio_cases.py list
    python3 benches/asyncio_cases.py run ID asyncio|uvloop 1 [SECS | --pieces N]
    python3 benches/asyncio_cases.py check        all of the smallest pieces: ID and operations

Names, pieces and the printed line are those of the program `workload`, which has the other
runtimes; benches/FAIRNESS.md says what the comparison is worth. No SECS: one smallest piece.
"""

import asyncio
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

TASKS = 1000
HOUR = 3600.0
SIZES = (100, 1_000, 10_000, 100_000)
CASES = {}


class Work:
    """What a case is asked to do: a size, and how long."""

    def __init__(self, size=0, seconds=None, pieces=None, loop_name="asyncio"):
        self.seconds, self.loop_name = seconds, loop_name
        self.pieces = 1 if pieces is None and seconds is None else pieces
        self.smallest = seconds is None and pieces is None
        self.size = min(size, SIZES[0]) if self.smallest else size


def case(id, asyncio_name, meaning, measure="time", sizes=(None,), axis=None, beside=False):
    """Registers a case. Its function is a coroutine function unless it runs `beside` a loop."""

    def register(function):
        for size in sizes:
            name = id if size is None else f"{id}@{size}"
            CASES[name] = (function, asyncio_name, meaning, measure, size, axis, beside)
        return function

    return register


class Start:
    """The clocks at one moment."""

    def __init__(self):
        self.wall, self.cpu = time.perf_counter_ns(), time.process_time_ns()

    def elapsed(self):
        return (time.perf_counter_ns() - self.wall) / 1e9

    def cost(self, ops, **more):
        cpu, wall = time.process_time_ns() - self.cpu, time.perf_counter_ns() - self.wall
        cost = dict(ops=ops, wall_ns=wall, cpu_ns=cpu, allocations=0, bytes=0)
        return cost | dict(late_ns=None, latency=None) | more


async def repeat(work, piece):
    """Does a piece again and again, a fifth of the time before anything is measured."""
    if work.pieces is not None:
        start, ops = Start(), 0
        for _ in range(work.pieces):
            ops += await piece()
        return start.cost(ops)
    begin = Start()
    while begin.elapsed() < work.seconds / 5:
        await piece()
    start, ops = Start(), 0
    while True:
        ops += await piece()
        if start.elapsed() >= work.seconds:
            return start.cost(ops)


def latency(late):
    late = sorted(late)
    at = lambda share: late[round((len(late) - 1) * share)]
    return dict(p50=at(0.5), p99=at(0.99), p999=at(0.999))


# Tasks.


async def number(n):
    return n


async def spawn_join(work):
    async def piece():
        tasks = [asyncio.create_task(number(n)) for n in range(TASKS)]
        total = 0
        for task in tasks:
            total += await task
        assert total == TASKS * (TASKS - 1) // 2
        return TASKS

    return await repeat(work, piece)


case("task/spawn_join", "create_task", "one of 1000 tasks spawned by the main future, then awaited")(
    spawn_join
)


@case("task/spawn_join_in", "create_task", "one of 1000 tasks spawned by a task, then awaited")
async def spawn_join_in(work):
    return await asyncio.create_task(spawn_join(work))


@case("task/spawn_one", "create_task", "a task spawned and awaited at once")
async def spawn_one(work):
    async def piece():
        for n in range(TASKS):
            assert await asyncio.create_task(number(n)) == n
        return TASKS

    return await repeat(work, piece)


class Latch:
    """Counts arrivals, and lets one task go on when all are there."""

    def __init__(self, count):
        self.missing, self.future = count, asyncio.get_running_loop().create_future()

    def arrive(self):
        self.missing -= 1
        if self.missing == 0:
            self.future.set_result(None)


@case("task/spawn_many", "create_task", "one of 1000 tasks spawned by a task and awaited by nobody")
async def spawn_many(work):
    async def arrive(latch):
        latch.arrive()

    async def piece():
        latch, tasks = Latch(TASKS), set()
        for _ in range(TASKS):
            # The loop alone keeps no task alive; the documentation has this set.
            task = asyncio.create_task(arrive(latch))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await latch.future
        return TASKS

    return await repeat(work, piece)


@case(
    "task/spawn_remote",
    "call_soon_threadsafe",
    "one of 1000 tasks spawned by a thread of its own and awaited by nobody",
)
async def spawn_remote(work):
    loop = asyncio.get_running_loop()

    async def arrive(latch):
        latch.arrive()

    def spawn(latch):
        for _ in range(TASKS):
            asyncio.run_coroutine_threadsafe(arrive(latch), loop)

    with ThreadPoolExecutor(1) as pool:

        async def piece():
            latch = Latch(TASKS)
            pool.submit(spawn, latch)
            await latch.future
            return TASKS

        return await repeat(work, piece)


@case("task/spawn_chain", "create_task", "a task that spawns the next one, and ends")
async def spawn_chain(work):
    async def link(left, latch, tasks):
        if left == 0:
            latch.arrive()
        else:
            tasks.append(asyncio.create_task(link(left - 1, latch, tasks)))

    async def piece():
        latch, tasks = Latch(1), []
        tasks.append(asyncio.create_task(link(TASKS - 1, latch, tasks)))
        await latch.future
        return TASKS

    return await repeat(work, piece)


async def yields(count):
    for _ in range(count):
        await asyncio.sleep(0)
    return count


@case("task/yield", "sleep(0)", "a yield, 1000 tasks taking turns")
async def yield_many(work):
    async def piece():
        tasks = [asyncio.create_task(yields(50)) for _ in range(TASKS)]
        return sum([await task for task in tasks])

    return await repeat(work, piece)


@case("task/yield_alone", "sleep(0)", "a yield of the only task")
async def yield_alone(work):
    return await repeat(work, lambda: yields(TASKS))


@case("task/ping_pong", "Future", "two tasks spawned, a value sent there and back by oneshots")
async def ping_pong(work):
    loop = asyncio.get_running_loop()

    async def other(ping, pong):
        pong.set_result(await ping + 1)

    async def pair(n):
        ping, pong = loop.create_future(), loop.create_future()
        task = asyncio.create_task(other(ping, pong))
        ping.set_result(n)
        answer = await pong
        await task
        return answer

    async def piece():
        pairs = [asyncio.create_task(pair(n)) for n in range(100)]
        for n, task in enumerate(pairs):
            assert await task == n + 1
        return 100

    return await repeat(work, piece)


async def turns(work):
    """Two lasting tasks; a bare future is what wakes."""
    loop = asyncio.get_running_loop()

    async def piece():
        ends, passes = [loop.create_future(), loop.create_future()], 0

        async def player(who):
            nonlocal passes
            for _ in range(TASKS):
                if who == 1 or passes:
                    await ends[who]
                ends[who] = loop.create_future()
                passes += 1
                if not ends[1 - who].done():
                    ends[1 - who].set_result(None)

        players = [asyncio.create_task(player(who)) for who in (0, 1)]
        for task in players:
            await task
        assert passes == 2 * TASKS
        return passes

    return await repeat(work, piece)


case("task/wake_pair", "Event", "a turn passed between two lasting tasks, by bare wakers")(turns)


@case("task/gather", "gather", "one of 10000 futures that yield once, gathered")
async def gather(work):
    async def one(n):
        await asyncio.sleep(0)
        return n

    async def piece():
        assert await asyncio.gather(*[one(n) for n in range(10_000)]) == list(range(10_000))
        return 10_000

    return await repeat(work, piece)


@case("task/live", "sleep(0)", "a yield, that many tasks taking turns", sizes=SIZES, axis="live tasks")
async def live(work):
    phase, taken = "setup", 0
    most = work.pieces or sys.maxsize

    async def member():
        nonlocal taken
        own = 0
        while own < most and phase != "over":
            await asyncio.sleep(0)
            own += phase == "counted"
        taken += own

    tasks = [asyncio.create_task(member()) for _ in range(work.size)]
    await asyncio.sleep(0)
    start, phase = Start(), "counted"
    if work.seconds is not None:
        while start.elapsed() < work.seconds:
            await asyncio.sleep(0)
        cost, phase = start.cost(0), "over"
    for task in tasks:
        await task
    if work.seconds is None:
        cost = start.cost(0)
    return cost | dict(ops=taken)


async def park(count):
    async def parked():
        await asyncio.get_running_loop().create_future()

    tasks = [asyncio.create_task(parked()) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


@case(
    "task/wake_among",
    "Event",
    "a turn passed between two tasks, that many others parked",
    sizes=SIZES,
    axis="live tasks",
)
async def wake_among(work):
    tasks = await park(work.size)
    cost = await turns(work)
    assert not any(task.done() for task in tasks)
    return cost


@case(
    "task/spawn_among",
    "create_task",
    "a task spawned and awaited, that many others parked",
    sizes=SIZES,
    axis="live tasks",
)
async def spawn_among(work):
    tasks = await park(work.size)
    cost = await spawn_join(work)
    assert not any(task.done() for task in tasks)
    return cost


# Time.


async def timeouts(work):
    future = asyncio.get_running_loop().create_future()
    background = asyncio.get_running_loop().call_later(HOUR, lambda: None)

    async def piece():
        # Entered and left: the future inside is never waited for, as in the other cases.
        for _ in range(TASKS):
            async with asyncio.timeout(HOUR / 2):
                assert not future.done()
        return TASKS

    cost = await repeat(work, piece)
    background.cancel()
    return cost


case("time/timeout", "timeout", "a timeout armed, polled and dropped, another pending")(timeouts)


@case(
    "time/pending",
    "timeout",
    "a timeout armed, polled and dropped, that many others pending",
    sizes=SIZES,
    axis="timers",
)
async def pending(work):
    loop, chance = asyncio.get_running_loop(), Chance()
    handles = [loop.call_later(30 + chance.up_to(HOUR), lambda: None) for _ in range(work.size)]
    cost = await timeouts(work)
    for handle in handles:
        handle.cancel()
    return cost


@case("time/sleep_0", "sleep", "a sleep of no length, the only task")
async def sleep_0(work):
    return await repeat(work, lambda: yields(50))


@case(
    "time/fired", "sleep", "one of 1000 sleeps of about 1 ms, from its begin to its task going on"
)
async def fired(work):
    async def sleeps(n):
        for _ in range(5):
            await asyncio.sleep(0.001 + n / 1e6)
        return 5

    async def piece():
        tasks = [asyncio.create_task(sleeps(n)) for n in range(TASKS)]
        return sum([await task for task in tasks])

    return await repeat(work, piece)


class Chance:
    """Random numbers that are the same in each process."""

    def __init__(self):
        self.state = 0x9E3779B97F4A7C15

    def up_to(self, most):
        self.state ^= self.state << 13 & 0xFFFF_FFFF_FFFF_FFFF
        self.state ^= self.state >> 7
        self.state ^= self.state << 17 & 0xFFFF_FFFF_FFFF_FFFF
        return self.state % int(most * 1e9) / 1e9


@case(
    "time/expiring",
    "sleep",
    "one of that many tasks spawned to sleep once, for a while of their own",
    sizes=SIZES,
    axis="timers",
)
async def expiring(work):
    window = max(0.005, work.size / 1e6)

    async def piece():
        chance = Chance()
        sleep = lambda: asyncio.sleep(0.005 + chance.up_to(window))
        for task in [asyncio.create_task(sleep()) for _ in range(work.size)]:
            await task
        return work.size

    return await repeat(work, piece)


async def late(seconds):
    """Sleeps once, and tells by how many nanoseconds too long."""
    begin = time.perf_counter_ns()
    await asyncio.sleep(seconds)
    # The loop's clock may call it over a little early, as asyncio's documentation allows.
    return max(0, time.perf_counter_ns() - begin - int(seconds * 1e9))


async def late_alone(work, seconds):
    start, samples = Start(), []
    while True:
        samples.append(await late(seconds))
        if work.seconds is None:
            over = len(samples) >= 10 * work.pieces
        else:
            over = start.elapsed() >= work.seconds
        if over:
            break
    of = latency(samples)
    return start.cost(len(samples), late_ns=of["p50"], latency=of)


@case("time/sleep_1ms", "sleep", "how late a sleep of 1 ms ends, the median; one task", "late")
async def sleep_1ms(work):
    return await late_alone(work, 0.001)


@case("time/sleep_100us", "sleep", "how late a sleep of 100 us ends, the median; one task", "late")
async def sleep_100us(work):
    return await late_alone(work, 0.0001)


async def late_random(work, share):
    window = 0.005 * work.pieces if work.seconds is None else work.seconds
    count, chance, start = int(100_000 * window), Chance(), Start()
    times = [window / 4 + chance.up_to(window) for _ in range(count)]
    tasks = [asyncio.create_task(late(seconds)) for seconds in times]
    of = latency([await task for task in tasks])
    return start.cost(count, late_ns=of[share], latency=of)


for _name, _measure, _share, _meaning in (
    ("rand", "time", "p50", "one of 100000 sleeps a second, of random length, its task spawned"),
    ("rand_p50", "late", "p50", "how late such a sleep ends, the median"),
    ("rand_p99", "late", "p99", "how late such a sleep ends, the worst but one in a hundred"),
):
    case(f"time/sleep_{_name}", "sleep", _meaning, _measure)(
        lambda work, share=_share: late_random(work, share)
    )


# Locks, events, queues.


@case("sync/mutex", "Lock", "a free lock taken and released")
async def mutex(work):
    lock, count = asyncio.Lock(), 0

    async def piece():
        nonlocal count
        for _ in range(TASKS):
            async with lock:
                count += 1
        return TASKS

    cost = await repeat(work, piece)
    assert count >= cost["ops"]
    return cost


async def contended(work, make, tasks=8):
    async def piece():
        lock, held = make(), 0

        async def contend():
            nonlocal held
            for _ in range(100):
                async with lock:
                    await asyncio.sleep(0)
                    held += 1

        for task in [asyncio.create_task(contend()) for _ in range(tasks)]:
            await task
        assert held == 100 * tasks
        return held

    return await repeat(work, piece)


@case(
    "sync/mutex_contended", "Lock", "a lock taken by one of 8 tasks that yield while they hold it"
)
async def mutex_contended(work):
    return await contended(work, asyncio.Lock)


@case("sync/semaphore", "Semaphore", "a permit taken and given back, nobody else wants it")
async def semaphore(work):
    one = asyncio.Semaphore(1)

    async def piece():
        for _ in range(TASKS):
            async with one:
                pass
        return TASKS

    return await repeat(work, piece)


@case(
    "sync/semaphore_contended",
    "Semaphore",
    "one of 2 permits taken by one of 8 tasks that yield while they hold it",
)
async def semaphore_contended(work):
    return await contended(work, lambda: asyncio.Semaphore(2))


async def line(work, lock):
    """A lock or permit handed along a line; whoever has it lets others run."""
    taken, over, most = 0, False, work.pieces or sys.maxsize

    async def member():
        nonlocal taken
        own = 0
        while own < most and not over:
            async with lock:
                taken += 1
                await asyncio.sleep(0)
            own += 1

    tasks = [asyncio.create_task(member()) for _ in range(work.size)]
    await asyncio.sleep(0)
    before, start = taken, Start()
    if work.seconds is not None:
        while start.elapsed() < work.seconds:
            await asyncio.sleep(0)
        cost, over = start.cost(taken - before), True
    for task in tasks:
        await task
    return cost if work.seconds is not None else start.cost(taken)


@case("sync/mutex_line", "Lock", "a lock handed along a line, its holder yields", sizes=SIZES, axis="waiters")
async def mutex_line(work):
    return await line(work, asyncio.Lock())


@case(
    "sync/semaphore_line",
    "Semaphore",
    "a permit handed along a line, its holder yields",
    sizes=SIZES,
    axis="waiters",
)
async def semaphore_line(work):
    return await line(work, asyncio.Semaphore(1))


async def event_of(work, waiters):
    event, over = asyncio.Event(), False
    latch = Latch(waiters)

    async def waiter():
        while not over:
            latch.arrive()
            await event.wait()

    tasks = [asyncio.create_task(waiter()) for _ in range(waiters)]
    await latch.future

    async def piece():
        nonlocal latch
        latch = Latch(waiters)
        event.set()
        event.clear()
        await latch.future
        return waiters

    cost = await repeat(work, piece)
    over = True
    event.set()
    for task in tasks:
        await task
    return cost


@case("sync/event", "Event", "one of 100 tasks that wait for an event, woken")
async def event(work):
    return await event_of(work, 100)


@case(
    "sync/event_line",
    "Event",
    "one of that many tasks that wait for an event, woken",
    sizes=SIZES,
    axis="waiters",
)
async def event_line(work):
    return await event_of(work, work.size)


@case("sync/notify", "Event", "a turn passed between two tasks that tell each other")
async def notify(work):
    async def piece():
        ends = [asyncio.Event(), asyncio.Event()]

        async def player(who):
            for _ in range(TASKS):
                if who == 0:
                    ends[1].set()
                await ends[who].wait()
                ends[who].clear()
                if who == 1:
                    ends[0].set()
            return TASKS

        players = [asyncio.create_task(player(who)) for who in (0, 1)]
        return sum([await task for task in players])

    return await repeat(work, piece)


@case("sync/channel", "Queue", "an item sent and received by the same task")
async def channel(work):
    async def piece():
        queue, total = asyncio.Queue(100), 0
        for n in range(TASKS):
            await queue.put(n)
            total += await queue.get()
        assert total == TASKS * (TASKS - 1) // 2
        return TASKS

    return await repeat(work, piece)


@case("sync/round_trip", "Queue", "a request and its answer, on two channels with one place")
async def round_trip(work):
    async def piece():
        ask, answer = asyncio.Queue(1), asyncio.Queue(1)

        async def server():
            while (n := await ask.get()) is not None:
                await answer.put(n + 1)

        async def client():
            for n in range(TASKS):
                await ask.put(n)
                assert await answer.get() == n + 1
            await ask.put(None)

        tasks = [asyncio.create_task(server()), asyncio.create_task(client())]
        for task in tasks:
            await task
        return TASKS

    return await repeat(work, piece)


async def stream(work, places, senders=1, receivers=1):
    items = 10_000

    async def piece():
        queue, sums = asyncio.Queue(places), [0, 0]

        async def send(at):
            for n in range(items // senders):
                await queue.put(n + at)
                sums[0] += n + at

        async def receive():
            for _ in range(items // receivers):
                item = await queue.get()
                sums[1] += item

        tasks = [asyncio.create_task(send(at)) for at in range(senders)]
        tasks += [asyncio.create_task(receive()) for _ in range(receivers)]
        for task in tasks:
            await task
        assert sums[0] == sums[1]
        return items

    return await repeat(work, piece)


for _name, _places, _senders, _receivers, _meaning in (
    ("bounded_spsc", 100, 1, 1, "an item from one task to another, 100 places"),
    ("bounded_mpsc", 100, 4, 1, "an item from one of 4 tasks to another, 100 places"),
    ("bounded_mpmc", 100, 4, 4, "an item from one of 4 tasks to one of 4 others, 100 places"),
    ("unbounded_spsc", 0, 1, 1, "an item from one task to another, no bound"),
    ("unbounded_mpsc", 0, 4, 1, "an item from one of 4 tasks to another, no bound"),
    ("queue", 100, 1, 1, "an item from one task to another by a queue with 100 places"),
):
    case(f"sync/{_name}", "Queue", _meaning)(
        lambda work, of=(_places, _senders, _receivers): stream(work, *of)
    )


@case("sync/oneshot", "Future", "a oneshot made, used and dropped by one task")
async def oneshot(work):
    loop = asyncio.get_running_loop()

    async def piece():
        for n in range(TASKS):
            future = loop.create_future()
            future.set_result(n)
            assert await future == n
        return TASKS

    return await repeat(work, piece)


# Threads.


def plus_one(n):
    return n + 1


@case("thread/to_thread", "to_thread", "a tiny call on a thread, awaited")
async def to_thread(work):
    async def piece():
        for n in range(100):
            assert await asyncio.to_thread(plus_one, n) == n + 1
        return 100

    return await repeat(work, piece)


@case("thread/to_thread_batch", "to_thread", "one of 100 tiny calls begun together")
async def to_thread_batch(work):
    async def piece():
        calls = [asyncio.to_thread(plus_one, n) for n in range(100)]
        assert sum(await asyncio.gather(*calls)) == 100 * 101 // 2
        return 100

    return await repeat(work, piece)


@case(
    "thread/pool_growth",
    "to_thread",
    "64 calls of 10 ms begun together in a fresh runtime: how much longer than 10 ms all take",
    "late",
)
async def pool_growth(work):
    start = Start()
    await asyncio.gather(*[asyncio.to_thread(time.sleep, 0.01) for _ in range(64)])
    return start.cost(64, late_ns=max(0, int((start.elapsed() - 0.01) * 1e9)))


# Memory.


async def weigh(work, future):
    import tracemalloc

    count, batch, tasks = 20_000, 50, []
    tracemalloc.start()
    while len(tasks) < batch + count:
        tasks += [asyncio.create_task(future()) for _ in range(batch)]
        await asyncio.sleep(0)
        if len(tasks) == batch:
            before = tracemalloc.get_traced_memory()[0]
    weight = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    for task in tasks:
        task.cancel()
    return dict(ops=count, wall_ns=0, cpu_ns=0, allocations=0, bytes=weight)


@case("memory/task", "create_task", "a parked task, its future's own size taken off", "bytes")
async def memory_task(work):
    async def parked():
        await asyncio.get_running_loop().create_future()

    return await weigh(work, parked)


@case("memory/sleep", "sleep", "a task that sleeps, all of it", "bytes")
async def memory_sleep(work):
    return await weigh(work, lambda: asyncio.sleep(HOUR))


# The whole.


@case("whole/start_stop", "run", "a runtime started, one task run, all of it ended", beside=True)
def start_stop(work):
    async def main():
        await asyncio.create_task(number(0))

    def some(count):
        for _ in range(count):
            run(main(), work.loop_name)
        return count

    if work.pieces is not None:
        start = Start()
        return start.cost(some(10 * work.pieces))
    some(10)
    start, ops = Start(), 0
    while start.elapsed() < work.seconds:
        ops += some(10)
    return start.cost(ops)


@case(
    "whole/ticker",
    "sleep",
    "how late a task wakes that sleeps for 1 ms, 1000 others busy: the worst but one in a hundred",
    "late",
)
async def ticker(work):
    over = False

    async def busy():
        while not over:
            # About as long as the other runtimes' tasks are busy.
            sum(range(40))
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(busy()) for _ in range(1000)]
    start, samples = Start(), []
    while True:
        samples.append(await late(0.001))
        if work.seconds is None:
            enough = len(samples) >= 5 * work.pieces
        else:
            enough = start.elapsed() >= max(0.4, work.seconds)
        if enough:
            break
    over = True
    for task in tasks:
        await task
    of = latency(samples)
    return start.cost(len(samples), late_ns=of["p99"], latency=of)


def run(main, loop_name):
    if loop_name == "uvloop":
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(main)
    return asyncio.run(main)


def measured(id, loop_name, **length):
    function, _, _, _, size, _, beside = CASES[id]
    work = Work(size or 0, loop_name=loop_name, **length)
    return function(work) if beside else run(function(work), loop_name)


def listed(id):
    _, asyncio_name, meaning, measure, size, axis, _ = CASES[id]
    group, name = id.split("@")[0].split("/")
    return dict(
        group=group,
        name=name,
        size=size,
        axis=axis,
        asyncio=asyncio_name,
        measure=measure,
        meaning=meaning,
        runtimes=["asyncio", "uvloop"],
        threads=[1],
        flavours=dict(asyncio=[1], uvloop=[1]),
        quick=False,
    )


def main(args):
    if args == ["list"]:
        print(json.dumps([listed(id) for id in CASES]))
        return
    if args == ["check"]:
        for id in CASES:
            if CASES[id][4] in (None, SIZES[0]):
                print(id, measured(id, "asyncio")["ops"])
        return
    if len(args) < 4 or args[0] != "run" or args[1] not in CASES or args[3] != "1":
        sys.exit("list | run ID asyncio|uvloop 1 [SECS | --pieces N]")
    rest, length = args[4:], {}
    if rest[:1] == ["--pieces"]:
        length = dict(pieces=int(rest[1]))
    elif rest:
        length = dict(seconds=float(rest[0]))
    print(json.dumps(measured(args[1], args[2], **length)))


if __name__ == "__main__":
    main(sys.argv[1:])
