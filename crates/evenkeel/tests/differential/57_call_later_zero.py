# differs: here a delay of zero is soon; asyncio looks at its timers when what is ready has been called
"""call_later(0): after what was ready before, and before whatever those ask for."""
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(lambda: (print("first"), loop.call_soon(print, "asked for by the first")))
    loop.call_later(0, print, "in no time")
    loop.call_soon(print, "second")
    await asyncio.sleep(0.01)
    print("main is done")


asyncio.run(main())
