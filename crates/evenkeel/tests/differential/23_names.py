"""Task names, who is current, and which tasks there are."""
import asyncio


async def says_its_name():
    print("I am", asyncio.current_task().get_name())
    await asyncio.sleep(0.01)
    print("I am still", asyncio.current_task().get_name())


async def main():
    for name in ["fetch", "parse"]:
        asyncio.create_task(says_its_name(), name=name)
    one, two = asyncio.create_task(says_nothing()), asyncio.create_task(says_nothing())
    number = {int(task.get_name().removeprefix("Task-")) for task in (one, two)}
    print("a name that was not given has a number:", len(number))
    tasks = {task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task(), one, two}}
    print("there are", *sorted(tasks))
    await asyncio.sleep(0.02)
    print("there is", len(asyncio.all_tasks()), "left")


async def says_nothing():
    pass


asyncio.run(main())
