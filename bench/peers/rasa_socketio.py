"""Rasa's own Socket.IO channel, without a bot. POST /publish emits its body as what the bot says, to everybody.

A session that several connections share is not to be had: the channel does not await `enter_room`.
"""

from __future__ import annotations

import resource
import socket

from rasa.core.channels.channel import register
from rasa.core.channels.socketio import SocketIOInput
from sanic import HTTPResponse, Request, Sanic
from sanic.response import empty

from channels.sanic_compat import mend_websockets

app = Sanic("rasa_socketio", configure_logging=False)
channel = SocketIOInput()
register([channel], app, route=None)


@app.post("/publish")
async def publish(request: Request) -> HTTPResponse:
    assert channel.sio
    await channel.sio.emit(channel.bot_message_evt, {"text": request.body.decode()})
    return empty()


if __name__ == "__main__":
    mend_websockets()  # without which this Sanic has none on Python 3.11
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(4096)
    print(listening.getsockname()[1], flush=True)
    app.run(sock=listening, access_log=False, motd=False)
