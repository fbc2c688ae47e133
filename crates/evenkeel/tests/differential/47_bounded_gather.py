"""Many things, but so many at a time: in asyncio a semaphore, here gather's limit."""
import asyncio


async def fetch(page, delay):
    print("fetch", page)
    await asyncio.sleep(delay)
    print("got", page)
    return page * 100


async def main():
    semaphore = asyncio.Semaphore(2)

    async def limited(page, delay):
        async with semaphore:
            return await fetch(page, delay)

    delays = [0.05, 0.02, 0.06, 0.02, 0.04]
    print(await asyncio.gather(*(limited(page, delay) for page, delay in enumerate(delays))))


asyncio.run(main())
