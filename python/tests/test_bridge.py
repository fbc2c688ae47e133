"""The bridge, from Python's side. `cargo xtask python` builds the module and runs these."""

import asyncio
import contextvars
import subprocess
import sys
import time

import pytest

import evenkeel


async def until(condition):
    """Waits for what another thread is about to do."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not come to that within two seconds")


def test_a_rust_sleep_answers_its_result():
    assert asyncio.run(_awaited(lambda: evenkeel.sleep(0.001, "done"))) == "done"


async def _awaited(make):
    return await make()


def test_two_hundred_at_once_take_as_long_as_one():
    async def main():
        return await asyncio.gather(*(evenkeel.sleep(0.2, i) for i in range(200)))

    began = time.monotonic()
    assert asyncio.run(main()) == list(range(200))
    assert time.monotonic() - began < 10  # one after the other: forty seconds


def test_a_number_of_seconds_that_is_none_is_said():
    async def main():
        with pytest.raises(ValueError, match="not a number of seconds"):
            await evenkeel.sleep(-1)

    asyncio.run(main())


def test_without_a_running_loop_there_is_an_error():
    with pytest.raises(RuntimeError, match="no running event loop"):
        evenkeel.sleep(0)


def test_cancelling_the_asyncio_future_drops_the_rust_one():
    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(evenkeel.forever(), 0.01)
        await until(lambda: evenkeel.waiting() == 0)

    asyncio.run(main())


def test_a_task_that_is_cancelled_drops_what_it_awaits():
    async def main():
        async def child():
            await evenkeel.forever()

        task = asyncio.create_task(child())
        await until(lambda: evenkeel.waiting() == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: evenkeel.waiting() == 0)

    asyncio.run(main())


def test_dropping_the_rust_future_cancels_the_coroutine():
    told = []

    async def slow():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    async def main():
        with pytest.raises(TimeoutError, match="not done after"):
            await evenkeel.wait_for(slow(), 0.01)
        await until(lambda: told == ["cancelled"])

    asyncio.run(main())


def test_a_task_that_is_given_no_time_is_cancelled():
    async def main():
        # Many, because it depends on the moment whether the loop has come to one.
        tasks = [asyncio.create_task(asyncio.sleep(60)) for _ in range(50)]
        for task in tasks:
            with pytest.raises(TimeoutError):
                await evenkeel.wait_for(task, 0)
        await until(lambda: all(task.cancelled() for task in tasks))

    asyncio.run(main())


def test_a_coroutine_that_is_done_in_time_answers():
    async def quick():
        await asyncio.sleep(0)
        return 7

    async def main():
        return await evenkeel.wait_for(quick(), 60)

    assert asyncio.run(main()) == 7


def test_what_a_coroutine_raises_comes_through():
    class Own(Exception):
        pass

    async def fails():
        raise Own("here")

    async def main():
        with pytest.raises(Own, match="here"):
            await evenkeel.wait_for(fails(), 60)

    asyncio.run(main())


def test_what_is_no_awaitable_is_said():
    async def main():
        with pytest.raises(TypeError):
            await evenkeel.wait_for(3, 60)

    asyncio.run(main())


def test_a_panic_is_an_exception_with_its_message():
    async def main():
        with pytest.raises(evenkeel.RustPanic, match="rust future panicked: out of cheese"):
            await evenkeel.panics("out of cheese")
        await evenkeel.panics("")  # the loop goes on

    asyncio.run(main())


def test_rust_tasks_call_coroutines_of_the_loop_they_came_from():
    async def double(number):
        await evenkeel.sleep(0.001)
        return 2 * number

    async def main():
        return await evenkeel.sum_of(double, 100)

    assert asyncio.run(main()) == 9900


def test_contextvars_are_those_of_the_caller():
    who = contextvars.ContextVar("who", default="nobody")

    async def ask(_):
        return 1 if who.get() == "anna" else 0

    async def main():
        who.set("anna")
        return await evenkeel.sum_of(ask, 3)

    assert asyncio.run(main()) == 3


def test_a_rust_task_belongs_to_the_scope_it_was_spawned_in():
    other = asyncio.new_event_loop()

    async def main():
        inside, after = await evenkeel.loops_of_tasks(other)
        assert (inside, after) == (other, asyncio.get_running_loop())

    asyncio.run(main())
    other.close()


def test_loops_one_after_the_other_share_the_runtime():
    for _ in range(20):
        assert asyncio.run(_awaited(lambda: evenkeel.sleep(0, 1))) == 1


def test_nothing_is_left_on_the_rust_side():
    async def main():
        await asyncio.gather(*(evenkeel.sleep(0.001) for _ in range(50)))
        await until(lambda: evenkeel.statistics()["live_tasks"] <= 1)  # its main

    asyncio.run(main())


def test_a_process_ends_while_rust_futures_wait():
    program = (
        "import asyncio, evenkeel\n"
        "async def main():\n"
        "    waiting = [evenkeel.forever() for _ in range(10)]\n"
        "    await evenkeel.sleep(0.01)\n"
        "    print('main is done')\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stdout.strip()) == (0, "main is done"), ended.stderr


def test_the_shutdown_cancels_what_waits_for_rust_and_what_rust_waits_for():
    program = (
        "import asyncio, evenkeel\n"
        "async def slow():\n"
        "    try:\n"
        "        await asyncio.sleep(60)\n"
        "    except asyncio.CancelledError:\n"
        "        print('told')\n"
        "        raise\n"
        "async def main():\n"
        "    waiting = [evenkeel.forever(), evenkeel.wait_for(slow(), 60)]\n"
        "    await evenkeel.sleep(0.01)\n"
        "    evenkeel.shutdown()\n"
        "    ends = await asyncio.gather(*waiting, return_exceptions=True)\n"
        "    print([type(end).__name__ for end in ends])\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert ended.stdout.split("\n")[:2] == ["told", "['CancelledError', 'CancelledError']"], ended.stderr
    assert ended.returncode == 0


def test_the_interpreter_is_asked_once_to_end_the_loop():
    program = (
        "import asyncio, atexit\n"
        "before = atexit._ncallbacks()\n"
        "import evenkeel\n"
        "async def main():\n"
        "    await evenkeel.sleep(0)\n"
        "asyncio.run(main())\n"
        "print(atexit._ncallbacks() - before)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert ended.stdout.strip() == "1", ended.stderr


def test_after_the_shutdown_there_is_an_error():
    program = (
        "import asyncio, evenkeel\n"
        "async def main():\n"
        "    await evenkeel.sleep(0)\n"
        "    evenkeel.shutdown()\n"
        "    try:\n"
        "        await evenkeel.sleep(0)\n"
        "    except RuntimeError as error:\n"
        "        print(error)\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert "was shut down" in ended.stdout, ended.stderr
