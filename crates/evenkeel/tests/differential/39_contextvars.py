"""contextvars: a child sees what was set when it was made; what it sets stays with it. Threads too."""
import asyncio
import contextvars

user = contextvars.ContextVar("user", default="nobody")


async def child(name):
    print(name, "begins as", user.get())
    user.set(name)
    await asyncio.sleep(0)
    print(name, "is still", user.get())


def call():
    seen = user.get()
    user.set("thread")
    return seen


async def main():
    print("main begins as", user.get())
    first = asyncio.create_task(child("first"))
    user.set("main")
    second = asyncio.create_task(child("second"))
    await first
    await second
    print("main is", user.get())
    print("a thread begins as", await asyncio.to_thread(call))
    print("main is still", user.get())
    await child("awaited")
    print("what main awaits is main:", user.get())


asyncio.run(main())
print("outside it is", user.get())
