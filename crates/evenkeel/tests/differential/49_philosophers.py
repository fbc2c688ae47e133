"""Five philosophers: each takes the lower fork first, eats twice, and nobody starves."""
import asyncio


async def philosopher(number, forks):
    low, high = sorted([number, (number + 1) % 5])
    for meal in range(2):
        async with forks[low]:
            async with forks[high]:
                print("philosopher", number, "eats meal", meal)
                await asyncio.sleep(0)
                await asyncio.sleep(0)
        print("philosopher", number, "thinks")
        await asyncio.sleep(0)


async def main():
    forks = [asyncio.Lock() for _ in range(5)]
    await asyncio.gather(*(philosopher(number, forks) for number in range(5)))
    print("all have eaten")


asyncio.run(main())
