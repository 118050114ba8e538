"""What the documents give to copy holds a conversation with the shop assistant, as it stands there."""

from __future__ import annotations

import subprocess
import threading

import pytest

from tests.e2e.running_server import ROOT, RunningServer
from tests.support.clients import CLIENTS, installed_node

ANSWER = "order number"
SECONDS = 60.0  # after which a client that has heard nothing is stopped
SNIPPETS = [
    ("agui.md", '"@ag-ui/client"', '"ag-ui-client-1"'),
    ("agui.md", '"@ag-ui/client"', '"ag-ui-client-0"'),
    ("aisdk.md", '"ai"', '"ai-7"'),
    ("aisdk.md", '"ai"', '"ai-6"'),
    ("socketio.md", '"socket.io-client"', '"socket.io-client"'),
    ("protocol.md", "", ""),
]


@pytest.mark.parametrize(("document", "package", "installed"), SNIPPETS)
def test_it_gets_an_answer(server: RunningServer, document: str, package: str, installed: str) -> None:
    code = (ROOT / "docs" / document).read_text(encoding="utf-8").split("```js\n")[1].split("```")[0]
    assert package in code
    code = code.replace("http://localhost:5005", server.url).replace(package, installed)
    command = [str(installed_node()), "--input-type=module", "--eval", code]
    with subprocess.Popen(command, cwd=CLIENTS, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout
        timer = threading.Timer(SECONDS, client.kill)
        timer.start()
        said = ""
        while ANSWER not in said.lower() and (piece := client.stdout.readline()):
            said += piece  # a client that goes on listening is stopped once it has its answer
        timer.cancel()
        client.kill()
    assert ANSWER in said.lower(), said
