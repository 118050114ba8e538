"""What the documents give to copy holds a streamed conversation with the shop assistant, as it stands there."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import ConsoleMessage, Page

from tests.e2e.running_server import ROOT, RunningServer
from tests.support.clients import CLIENTS, installed_node

QUESTION = "order number"  # what the assistant asks for first
STREAMED, WHOLE = 3, 1  # pieces in which the last answer comes: each parcel of order 1001 when its carrier has answered
SECONDS = 60.0  # after which a client that has not heard enough is stopped
READ_BYTES = 1 << 20
SNIPPETS = [
    ("agui.md", 1, STREAMED, '"@ag-ui/client"', '"ag-ui-client-1"'),
    ("agui.md", 1, STREAMED, '"@ag-ui/client"', '"ag-ui-client-0"'),
    ("aisdk.md", 1, STREAMED, '"ai"', '"ai-7"'),
    ("aisdk.md", 1, STREAMED, '"ai"', '"ai-6"'),
    ("socketio.md", 1, WHOLE, '"socket.io-client"', '"socket.io-client"'),
    ("socketio.md", 2, STREAMED, '"socket.io-client"', '"socket.io-client"'),
    ("protocol.md", 1, STREAMED, "/stream`, { headers }", "/stream`, { headers }"),
    ("protocol.md", 3, STREAMED, "new WebSocket(", "new WebSocket("),
]


def snippet(server: str, document: str, number: int) -> str:
    """A program of the document, for a server at another address."""
    code = (ROOT / "docs" / document).read_text(encoding="utf-8").split("```js\n")[number].split("```")[0]
    return code.replace("http://localhost:5005", server)


def pieces(code: str) -> Iterator[str]:
    """What a program in Node prints, each time that it does; one that is silent for long is stopped."""
    command = [str(installed_node()), "--input-type=module", "--eval", code]
    with subprocess.Popen(command, cwd=CLIENTS, stdout=subprocess.PIPE) as client:
        assert client.stdout
        timer = threading.Timer(SECONDS, client.kill)
        timer.start()
        try:
            while piece := os.read(client.stdout.fileno(), READ_BYTES):
                yield piece.decode(errors="replace")
        finally:
            timer.cancel()
            client.kill()


class Answers:
    """What was heard of the bot."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self.heard = ""
        self._parcels = 0

    def enough(self, piece: str) -> bool:
        """Whether with this piece everything has come: the question, and the last answer in so many pieces."""
        self.heard += piece
        self._parcels += "Parcel" in piece
        return QUESTION in self.heard.lower() and self._parcels >= self._wanted


def listen(code: str, wanted: int) -> None:
    """Fails unless the program hears everything. It goes on listening, and is stopped."""
    answers = Answers(wanted)
    assert any(answers.enough(piece) for piece in pieces(code)), answers.heard


@pytest.mark.parametrize(("document", "number", "wanted", "package", "installed"), SNIPPETS)
def test_it_holds_a_streamed_conversation(
    server: RunningServer, document: str, number: int, wanted: int, package: str, installed: str
) -> None:
    code = snippet(server.url, document, number)
    assert package in code
    listen(code.replace(package, installed), wanted)


@pytest.mark.parametrize("number", [1, 3], ids=["fetch", "websocket"])
def test_it_does_so_through_an_edge_of_its_own_too(server: RunningServer, number: int) -> None:
    with server.edge() as edge:
        listen(snippet(edge, "protocol.md", number), STREAMED)


def test_a_browsers_own_eventsource_does_too(page: Page, server: RunningServer) -> None:
    answers = Answers(STREAMED)
    code = snippet(server.url, "protocol.md", 2)
    assert "new EventSource(" in code
    page.goto(server.url)

    def enough(message: ConsoleMessage) -> bool:
        return answers.enough(message.text)

    with page.expect_console_message(enough, timeout=SECONDS * 1000):
        page.evaluate(f"async () => {{ {code} }}")
