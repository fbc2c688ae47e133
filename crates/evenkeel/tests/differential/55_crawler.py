"""A crawler: a queue of pages, a set of those seen, three workers, a limit of time for each page."""
import asyncio

LINKS = {
    "index": ["about", "news", "slow"],
    "about": ["index", "team"],
    "news": ["index", "archive", "about"],
    "team": ["about"],
    "archive": ["news", "missing"],
    "slow": [],
}


async def fetch(page):
    await asyncio.sleep(60 if page == "slow" else 0.02)
    if page not in LINKS:
        raise LookupError(page)
    return LINKS[page]


async def worker(queue, seen):
    while True:
        page = await queue.get()
        try:
            links = await asyncio.wait_for(fetch(page), 0.05)
            print(page, "has", len(links), "links")
            for link in links:
                if link not in seen:
                    seen.add(link)
                    await queue.put(link)
        except LookupError as error:
            print("there is no", error.args[0])
        except asyncio.TimeoutError:
            print(page, "is too slow")
        finally:
            queue.task_done()


async def main():
    queue, seen = asyncio.Queue(), {"index"}
    await queue.put("index")
    workers = [asyncio.create_task(worker(queue, seen)) for _ in range(3)]
    await queue.join()
    for task in workers:
        task.cancel()
    await asyncio.wait(workers)
    print("seen:", *sorted(seen))


asyncio.run(main())
