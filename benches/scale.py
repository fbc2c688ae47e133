#!/usr/bin/env python3
"""What many cores would meet first: a queueing model fed by benches/counts/table.json.

Every core is a customer of a closed network. An operation is some work of its own and visits to
words that all cores share; such a word is a server for one at a time, for a cache line is in one
core's cache at a time. The mean values are exact (mean value analysis), so the table is the same
each time. What is assumed stands in ASSUMED and can be changed by flags.
"""
import argparse
import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
CORES = [1, 2, 4, 8, 16, 32, 64, 96, 128, 192]

# Nanoseconds. A line in one's own cache costs 2.5 (measured here). One that another core has just
# changed costs some 50 to 100 within a socket and twice that between two (published measurements
# of x86 servers: Schweizer, Besta, Hoefler, "Evaluating the Cost of Atomic Operations on Modern
# Architectures", 2015, and core-to-core tables of later ones). An instruction is a third of a
# nanosecond and a system call 300: both fit this project's measured rows within a quarter.
ASSUMED = {"own": 2.5, "moved": 60.0, "far": 120.0, "socket": 64, "instruction": 0.33, "call": 300.0,
           "driver": 250.0, "echo": 7000.0}


def line(cores, a):
    """One change of a shared word."""
    return a["own"] if cores == 1 else a["moved"] if cores <= a["socket"] else a["far"]


def throughput(cores, own, shared):
    """Operations per second; `shared` is the time each server is needed for, per operation."""
    queues = [0.0] * len(shared)
    rate = 0.0
    for n in range(1, cores + 1):
        waits = [need * (1 + queue) for need, queue in zip(shared, queues)]
        rate = n / (own + sum(waits))
        queues = [rate * wait for wait in waits]
    return rate * 1e9


def words_of_all():
    lines = (HERE / "counts/words.txt").read_text().splitlines()
    split = [entry.split() for entry in lines if entry.strip() and not entry.startswith("#")]
    return {entry[0] for entry in split if entry[1] == "all"}


def counted(op):
    """Own nanoseconds, and how often each shared word is changed, of one operation of ours."""
    table = json.loads((HERE / "counts/table.json").read_text())
    key = ("evenkeel", op, "2")
    row = next(r for r in table["rows"] if (r["runtime"], r["op"], r["workers"]) == key)
    everybody = words_of_all()
    shared = {}
    for name, (changes, locks, stores) in row["words"].items():
        if name in everybody and changes + 2 * locks + stores >= 0.005:
            shared[name] = changes + 2 * locks + stores
    return row, shared


def shards(need, count):
    return [need / count] * count


def cases(a):
    """(title, own ns, function of cores giving the servers)."""
    def spent(row):
        return row["instructions"] * a["instruction"] + sum(row["calls"].values()) * a["call"]

    result = []
    for op in ["spawn_detached", "wake", "yield"]:
        row, shared = counted(op)
        each = lambda n, s=shared: [times * line(n, a) for times in s.values()]
        result.append((f"{op}, every core its own", spent(row), each))
        # Only if each were woken or spawned with somebody parked: then the idle word is changed.
        if op == "wake":
            busy = lambda n, s=shared: each_of(s, n, a) + [1 * line(n, a)]
            result.append(("wake, were one idle word changed each time", spent(row), busy))
    for op in ["remote_spawn", "remote_wake"]:
        row, shared = counted(op)
        pushes = row["locked"].get("concurrent-queue", 0.0)
        for title, count in [("one injector", lambda n: 1), ("8 shards", lambda n: 8),
                             ("one shard a core", lambda n: n)]:
            def servers(n, s=shared, p=pushes, c=count):
                return each_of(s, n, a) + shards(p * line(n, a), c(n))
            result.append((f"{op}, {title}", spent(row), servers))
    row, shared = counted("wake_sleeper")
    result.append(("wake of a worker that sleeps", spent(row), lambda n, s=shared: each_of(s, n, a)))
    own = a["echo"] - a["driver"]
    result.append(("64 B echo, one driver", own, lambda n: [a["driver"]]))
    result.append(("64 B echo, a reactor for each 8 cores", own,
                   lambda n: shards(a["driver"], (n + 7) // 8)))
    result.append(("64 B echo, a reactor for each core", own, lambda n: shards(a["driver"], n)))
    return result


def each_of(shared, cores, a):
    return [times * line(cores, a) for times in shared.values()]


def wall(own, servers, a):
    """The cores beyond which the busiest server is what limits, and its limit."""
    needs = servers(64)
    busiest = max(needs, default=0.0)
    if busiest * 192 < own + sum(needs):
        return "none below 192"
    return f"{(own + sum(needs)) / busiest:.0f} cores, {1e3 / busiest:.1f} M/s"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name, value in ASSUMED.items():
        parser.add_argument(f"--{name}", type=float, default=value, help=f"default {value}")
    a = vars(parser.parse_args())
    print("Millions of operations a second, by cores; the wall is where one shared word is busy all the time.\n")
    print("| case | " + " | ".join(map(str, CORES)) + " | wall |")
    print("|---|" + "--:|" * len(CORES) + "---|")
    for title, own, servers in cases(a):
        rates = [throughput(n, own, servers(n)) / 1e6 for n in CORES]
        print(f"| {title} | " + " | ".join(f"{rate:.2f}" for rate in rates) + f" | {wall(own, servers, a)} |")


if __name__ == "__main__":
    main()
