"""SSE on plain Sanic, as its users write it: a queue for each reader. POST /publish sends its body to all of them."""

from __future__ import annotations

import asyncio
import resource
import socket

from sanic import HTTPResponse, Request, Sanic
from sanic.response import empty

app = Sanic("raw", configure_logging=False)
app.config.RESPONSE_TIMEOUT = 3600
readers: set[asyncio.Queue[str]] = set()


@app.get("/")
async def stream(request: Request) -> None:
    response = await request.respond(content_type="text/event-stream")
    await response.send("data: {}\n\n")
    queue: asyncio.Queue[str] = asyncio.Queue()
    readers.add(queue)
    try:
        while True:
            await response.send(await queue.get())
    finally:
        readers.discard(queue)


@app.post("/publish")
async def publish(request: Request) -> HTTPResponse:
    event = f"id: x.1\ndata: {request.body.decode()}\n\n"
    for queue in readers:
        queue.put_nowait(event)
    return empty()


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(4096)
    print(listening.getsockname()[1], flush=True)
    app.run(sock=listening, access_log=False, motd=False)
