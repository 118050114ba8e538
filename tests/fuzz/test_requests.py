"""What is no HTTP, or hardly, is answered with a status or closed, and the server goes on."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.support.edge_process import EdgeProcess
from tests.support.waiting import bounded


def post(*fields: bytes, body: bytes = b"{}") -> bytes:
    return b"\r\n".join([b"POST /chat/v1/sessions HTTP/1.1", b"Host: x", *fields, b"", body])


def get(target: bytes, *fields: bytes) -> bytes:
    return b"\r\n".join([b"GET " + target + b" HTTP/1.1", b"Host: x", *fields, b"", b""])


SOCKET = b"/chat/v1/conversations/c_x/socket"
UPGRADE = (b"Upgrade: websocket", b"Connection: Upgrade")
REFUSED = {
    "a length in letters": (post(b"Content-Length: abc"), 400),
    "a length below zero": (post(b"Content-Length: -5"), 400),
    "a length with a sign": (post(b"Content-Length: +2"), 400),
    "two lengths": (post(b"Content-Length: 2", b"Content-Length: 3"), 400),
    "a length and chunks": (
        post(b"Content-Length: 2", b"Transfer-Encoding: chunked", body=b"2\r\n{}\r\n0\r\n\r\n"),
        400,
    ),
    "a length beyond the limit": (post(b"Content-Length: 99999999999999999999"), 413),
    "a coding nobody knows": (post(b"Transfer-Encoding: gzip"), 400),
    "a chunk below zero": (post(b"Transfer-Encoding: chunked", body=b"-5\r\n{}\r\n"), 400),
    "a chunk in letters": (post(b"Transfer-Encoding: chunked", body=b"zz\r\n{}\r\n"), 400),
    "an expectation nobody knows": (post(b"Expect: magic", b"Content-Length: 2"), 417),
    "one word": (b"hello\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "TLS": (bytes.fromhex("160301020001") + b"\x00" * 100 + b"\r\n\r\n", 400),
    "a header without a colon": (get(b"/chat/v1/health", b"nocolon"), 400),
    "half an address": (get(b"http://[::1/chat/v1/health"), 400),
    "bytes in the path": (get(b"/chat/v1/\xff\xfe"), 400),
    "a zero in the path": (get(b"/chat/v1/\x00"), 400),
    "bytes in the query": (get(b"/chat/v1/socket.io/?EIO=4&transport=polling&sid=\xff"), 400),
    "bytes in the token": (get(b"/chat/v1/conversations/c_x", b"Authorization: Bearer \xff\xfe"), 401),
    "a long head": (get(b"/chat/v1/health", b"X: " + b"y" * 20_000), 413),
    "many headers": (get(b"/chat/v1/health", *[b"a: b"] * 3_000), 413),
    "a socket without a handshake": (get(SOCKET), 426),
    "a socket without a key": (get(SOCKET, *UPGRADE, b"Sec-WebSocket-Version: 13"), 426),
    "an old socket": (
        get(SOCKET, *UPGRADE, b"Sec-WebSocket-Version: 8", b"Sec-WebSocket-Key: " + b"x" * 22 + b"=="),
        426,
    ),
    "the wrong method": (get(b"/chat/v1/sessions"), 405),
    "the wrong method for one of many": (get(b"/chat/v1/conversations/c_x/stop"), 405),
    "a path that is not there": (get(b"/chat/v1/nope"), 404),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_it_gets_a_problem_body(edge: EdgeProcess, name: str) -> None:
    request, status = REFUSED[name]
    async with bounded():
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(line for line in head.lower().splitlines() if line.startswith("content-length"))
        problem = json.loads(await reader.readexactly(int(length.partition(":")[2])))
        writer.close()
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert problem["status"] == status and problem["code"] and problem["detail"]
    assert "content-type: application/problem+json" in head.lower()
    assert ("allow: post, options" in head.lower()) == (status == 405)
    assert ("upgrade: websocket" in head.lower()) == (status == 426)
