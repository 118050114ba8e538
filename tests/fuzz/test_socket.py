"""Whatever comes over a WebSocket gets one reply, or ends the connection with a code. Nothing else suffers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.client import WebSocketClientProtocol, connect
from websockets.exceptions import ConnectionClosed

from channels.services import BODY_LIMIT
from tests.support.edge import Guest
from tests.support.edge_process import EdgeProcess
from tests.support.waiting import bounded

FRAMES = 20  # on one connection: fewer than a client may send at once
EXAMPLES = 150
TEXT, BINARY, CLOSE = 1, 2, 8
RESET = 1006  # the server has closed before the client was through: it may never read the code
FINAL, RESERVED = 0x80, 0x40

NAMES = st.sampled_from(["send", "typing", "read", "stop", "connect", "dance", ""])
FIELDS = st.sampled_from(["clientMessageId", "text", "payload", "metadata", "typing", "upTo", "turnId", "token", "x"])
HALVES = st.text(alphabet="aé\x00\ud800\udfff", max_size=4)  # lone surrogates: half a character each
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | HALVES
    | st.sampled_from(["m1", "t1", "/greet", 10**400])
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS, inner, max_size=4))
BODIES = st.dictionaries(FIELDS | HALVES, VALUES, max_size=4) | VALUES
COMMANDS = st.builds(
    lambda number, name, body: {"id": number, name: body}, st.integers() | HALVES | SCALARS, NAMES | HALVES, BODIES
)
ASCII = st.one_of(COMMANDS, VALUES).map(json.dumps)  # a lone surrogate is an escape in it
TEXTS = st.text(max_size=200) | ASCII | ASCII.map(lambda text: text[: len(text) // 2])
FRAME = TEXTS | st.binary(max_size=200)


@contextlib.asynccontextmanager
async def connected(edge: EdgeProcess, ada: Guest, conversation: str) -> AsyncIterator[WebSocketClientProtocol]:
    """A socket past its first command, that is pinged by nobody."""
    url = f"{edge.url.replace('http', 'ws')}/chat/v1/conversations/{conversation}/socket"
    async with bounded(), connect(url, ping_interval=None, max_size=None) as ws:
        await ws.send(json.dumps({"id": "first", "connect": {"token": ada.token}}))
        while json.loads(await ws.recv()).get("type") != "snapshot":
            pass
        yield ws


async def reply(ws: WebSocketClientProtocol) -> dict[str, Any]:
    """The next frame that is no entry."""
    while "id" not in (frame := json.loads(await ws.recv())):
        pass
    assert isinstance(frame, dict)
    return frame


async def still_works(edge: EdgeProcess, ada: Guest, conversation: str) -> None:
    async with connected(edge, ada, conversation) as ws:
        await ws.send(json.dumps({"id": "last", "typing": {"typing": False}}))
        assert await reply(ws) == {"id": "last", "result": {}}


async def test_every_frame_gets_one_reply_or_a_code(edge: EdgeProcess, ada: Guest) -> None:
    loop, conversation = asyncio.get_running_loop(), await ada.open()

    async def talk(frames: list[str | bytes]) -> None:
        async with connected(edge, ada, conversation) as ws:
            for frame in frames:
                await ws.send(frame)
                answer = await reply(ws)
                assert ("result" in answer) != ("error" in answer)
                assert answer.get("error", {}).get("code") != "error", (frame, answer)
            await ws.send(json.dumps({"id": "last", "typing": {"typing": False}}))
            assert (await reply(ws))["id"] == "last", "one reply for each, no more"

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(st.lists(FRAME, min_size=1, max_size=FRAMES))
    def fuzz(frames: list[str | bytes]) -> None:
        asyncio.run_coroutine_threadsafe(talk(frames), loop).result()

    await asyncio.to_thread(fuzz)


@pytest.mark.parametrize("first", ["hello", b"\x00", "[]", '{"id": 1}', '{"id": "\\ud800", "connect": {"token": "x"}}'])
async def test_a_first_frame_that_is_no_connect_closes_with_a_code(
    edge: EdgeProcess, ada: Guest, first: str | bytes
) -> None:
    conversation = await ada.open()
    url = f"{edge.url.replace('http', 'ws')}/chat/v1/conversations/{conversation}/socket"
    async with bounded(), connect(url) as ws:
        await ws.send(first)
        with pytest.raises(ConnectionClosed):
            while True:
                await ws.recv()
    assert ws.close_code in (3500, 3502)
    await still_works(edge, ada, conversation)


def frame(opcode: int, payload: bytes, *, flags: int = FINAL, masked: bool = True) -> bytes:
    """Bytes on the wire, RFC 6455 section 5.2."""
    head, size = bytes([flags | opcode]), len(payload)
    bit = 0x80 if masked else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 1 << 16:
        head += bytes([bit | 126]) + struct.pack("!H", size)
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", size)
    return head + (b"\x00" * 4 if masked else b"") + payload


BROKEN = {
    "invalid UTF-8": ([frame(TEXT, b'{"id": "\xff\xfe"}')], {1007}),
    "a character cut in half": ([frame(TEXT, "é".encode()[:1])], {1007}),
    "1 MiB of text": ([frame(TEXT, b"x" * (1 << 20))], {1009, RESET}),
    "1 MiB of bytes": ([frame(BINARY, b"\x00" * (1 << 20))], {1009, RESET}),
    "a frame that promises 1 MiB": ([frame(TEXT, b"x" * (1 << 20))[:100]], {1009}),
    "a frame that promises 2^62 bytes": ([bytes([FINAL | TEXT, 0xFF]) + struct.pack("!Q", 1 << 62)], {1002, 1009}),
    "fragments without an end": ([frame(TEXT, b"x", flags=0)] + [frame(0, b"x" * 1_000, flags=0)] * 80, {1009}),
    "no mask": ([frame(TEXT, b"{}", masked=False)], {1002}),
    "a reserved opcode": ([frame(3, b"{}")], {1002}),
    "a reserved bit": ([frame(TEXT, b"{}", flags=FINAL | RESERVED)], {1002}),
    "a continuation of nothing": ([frame(0, b"{}")], {1002}),
    "a ping in fragments": ([frame(9, b"x", flags=0)], {1002}),
    "a long ping": ([frame(9, b"x" * 200)], {1002}),
    "a close code that is none": ([frame(CLOSE, struct.pack("!H", 7))], {1002}),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_what_is_no_websocket_is_cut_with_a_code(edge: EdgeProcess, ada: Guest, name: str) -> None:
    pieces, codes = BROKEN[name]
    conversation = await ada.open()
    async with connected(edge, ada, conversation) as ws:
        for piece in pieces:
            ws.transport.write(piece)
        with pytest.raises(ConnectionClosed):
            while True:
                await ws.recv()
    assert ws.close_code in codes, ws.close_reason
    await still_works(edge, ada, conversation)


async def test_random_bytes_end_at_most_their_own_connection(edge: EdgeProcess, ada: Guest) -> None:
    noise, conversation = random.Random(1), await ada.open()
    memory = 0
    for attempt in range(200):
        async with connected(edge, ada, conversation) as ws:
            ws.transport.write(noise.randbytes(noise.randrange(1, 2 * BODY_LIMIT)))
            ws.transport.abort()
        if attempt == 50:
            memory = edge.resident()
    await still_works(edge, ada, conversation)
    assert edge.resident() - memory < 16 << 20
    assert edge.open_files() < len(os.listdir("/proc/self/fd")) + 50
