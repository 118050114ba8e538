"""Who is erased from a whole running server is in none of its files any more, and in nothing that it printed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import httpx

from tests.e2e.running_server import RunningServer
from tests.support.host_site import claims

ERASED_SECONDS = 60.0  # in the server's process, every few seconds, and then Redis writes its file anew
POLL_SECONDS = 0.5


def kept(server: RunningServer, *words: str) -> list[str]:
    """The files that have one of the words."""
    found = []
    for path in [*server.data.rglob("*"), server.output]:
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:  # Redis has put another one in its place
            continue
        found += [path.name for word in words if word.encode() in content]
    return found


def wait_until(condition: Callable[[], bool]) -> None:
    """Nobody tells what a server's files have."""
    deadline = time.monotonic() + ERASED_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(POLL_SECONDS)


def is_answered(http: httpx.Client, conversation: str) -> bool:
    state = http.get(f"/conversations/{conversation}").json()
    return state["turn"] is None and any(message["author"]["role"] == "bot" for message in state["messages"])


def test_no_file_has_a_word_of_who_was_erased(server: RunningServer) -> None:
    name, word = f"Zenobia{uuid.uuid4().hex[:8]}", f"secret{uuid.uuid4().hex[:8]}"
    with httpx.Client(base_url=f"{server.url}/chat/v1", timeout=30) as http:
        identity = server.site.keys[0].sign(claims(uuid.uuid4().hex, name=name))
        session = http.post("/sessions", json={"identity": identity}).json()
        me = session["participant"]["id"]
        http.headers["Authorization"] = f"Bearer {session['token']}"
        http.post("/me", json={"preferences": {"likes": word}})
        conversation = http.post("/conversations", json={}).json()["conversationId"]
        body = {"clientMessageId": uuid.uuid4().hex, "text": f"hello, {word}"}
        assert http.post(f"/conversations/{conversation}/messages", json=body).status_code == 202
        wait_until(lambda: is_answered(http, conversation))
        wait_until(lambda: conversation in http.get("/conversations", params={"q": word}).text)  # the archive has it
        assert {"switchboard.db-wal", "switchboard.db"} & set(kept(server, word))
        assert http.post("/me/erase", json={"participantId": me}).status_code == 202
        assert http.get("/me").status_code == 401
    wait_until(lambda: kept(server, name, word) == [])
