"""gather: all begin in argument order, end when they end, and the results are in argument order."""
import asyncio


async def child(name, delay):
    print(name, "begins")
    await asyncio.sleep(delay)
    print(name, "ends")
    return name.upper()


async def squares(*numbers):
    async def square(number):
        await asyncio.sleep(0)
        return number * number

    return await asyncio.gather(*(square(number) for number in numbers))


async def main():
    a, b, c = await asyncio.gather(child("a", 0.06), child("b", 0.02), child("c", 0.04))
    print(a, b, c)
    print(await asyncio.gather(squares(1, 2), squares(3, 4, 5)))
    print(await asyncio.gather())


asyncio.run(main())
