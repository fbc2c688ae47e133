"""call_later, call_at: in the order of their times, not of the asking; a cancelled one never."""
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    begun = loop.time()
    loop.call_later(0.06, print, "third")
    loop.call_later(0.02, print, "first")
    loop.call_at(begun + 0.04, print, "second")
    never = loop.call_later(0.03, print, "never")
    loop.call_later(0.01, never.cancel)
    late = loop.call_later(60, print, "never either")
    await asyncio.sleep(0.08)
    print("main has slept")
    late.cancel()

    loop.call_at(begun + 0.01, print, "a while ago")
    loop.call_soon(print, "soon")
    loop.call_at(begun, print, "long ago")
    print("not yet")
    await asyncio.sleep(0.02)
    print("main is done")


asyncio.run(main())
