"""start_server, open_connection: lines over a socket, a task for each connection."""
import asyncio


async def serve(reader, writer):
    while line := await reader.readline():
        text = line.decode().strip()
        print("the server heard", text)
        writer.write(f"{text.upper()}!\n".encode())
        await writer.drain()
    print("the server heard the end")
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server:
        reader, writer = await asyncio.open_connection(host, port)
        for word in ["ahoy", "steady", "as she goes"]:
            writer.write(f"{word}\n".encode())
            await writer.drain()
            answer = await reader.readline()
            print("the client got", answer.decode().strip())
        writer.write_eof()
        rest = await reader.read()
        print("the client got", len(rest), "bytes more")
        writer.close()
        await writer.wait_closed()
    print("closed")


asyncio.run(main())
