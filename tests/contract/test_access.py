"""The table of who may do what covers every operation and command, and the server keeps to it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from channels import access, commands
from channels.access import Access
from channels.health import OPENAPI
from channels.problems import PREFIX
from switchboard.log.events import Participant
from switchboard.people.identity import PARTS, ROLES, Role
from switchboard.settings import Settings
from switchboard.store.database import Database
from switchboard.store.history import History
from tests.support.edge import Edge, Guest, serving

DOCUMENT: dict[str, Any] = json.loads(OPENAPI.read_text(encoding="utf-8"))
BODIES: dict[str, dict[str, Any]] = {
    "sendMessage": {"clientMessageId": "1", "text": "hello"},
    "tellTyping": {"typing": True},
    "markRead": {"upTo": 1},
    "renameConversation": {"title": "Parcel"},
    "addBlock": {"participantId": "guest_x", "reason": "spam"},
    "removeBlock": {"participantId": "guest_x"},
    "remove": {"participantId": "guest_nobody"},
    "eraseMe": {"participantId": "guest_nobody"},
    "erasePerson": {"participantId": "guest_nobody"},
    "mute": {"participantId": "guest_nobody", "muted": True},
    "rate": {"handoffId": "h2", "rating": 5},
    "release": {"to": "bot"},
    "transfer": {"participantId": "user_nobody"},
    "resolve": {"disposition": "solved"},
    "sayPresence": {"status": "online"},
}
REFUSALS = (401, 403, 404)


@dataclass(frozen=True)
class Operation:
    """One of the OpenAPI document's, as the table writes it."""

    method: str
    path: str
    id: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def access(self) -> Access | None:
        return access.TABLE[self.name]

    @property
    def is_about_one(self) -> bool:
        """Whether the path names a conversation, by its own id or as a chat."""
        return "{" in self.path


def operations() -> Iterator[Operation]:
    """All that the document has."""
    for path, item in DOCUMENT["paths"].items():
        for method in set(item) - {"parameters"}:
            yield Operation(method.upper(), path.removeprefix(PREFIX), item[method]["operationId"])


OPERATIONS = sorted(operations(), key=lambda operation: operation.name)
GUARDED = [operation for operation in OPERATIONS if operation.access is not None]


@pytest.fixture
async def edge(redis_url: str, tmp_path: Path) -> AsyncIterator[Edge]:
    settings = Settings(_env_file=None, redis_url=redis_url, data_dir=tmp_path, page_dir=tmp_path)
    async with serving(settings) as running:
        yield running


@pytest.fixture
async def ada(edge: Edge) -> AsyncIterator[Guest]:
    async with edge.guest() as guest:
        yield guest


def token(edge: Edge, role: Role) -> str:
    """Of somebody who takes part in nothing."""
    somebody = Participant(f"{role}_1", PARTS[role], role)
    return edge.chat.sessions.sign(edge.chat.sessions.issue(somebody, role, f"sign-in of {role}"))


async def status(edge: Edge, operation: Operation, conversation: str, token: str | None) -> int:
    """What the operation answers about a conversation; a stream is left at once."""
    path = PREFIX + re.sub(r"{\w+}", conversation, operation.path)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if "{taskId}" in operation.path:
        await History(Database(edge.chat.settings.database)).begin(conversation, conversation, None, "track", {})
    body = BODIES.get(operation.id, {}) if operation.method == "POST" else None
    async with (
        httpx.AsyncClient(base_url=edge.url, headers=headers) as http,
        http.stream(operation.method, path, json=body) as response,
    ):
        return response.status_code


def test_the_table_has_every_operation_and_nothing_else() -> None:
    assert set(access.TABLE) == {operation.name for operation in OPERATIONS}
    assert set(access.COMMANDS) == {"connect", *commands.COMMANDS}


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.name)
async def test_everybody_gets_as_far_as_the_table_says(edge: Edge, ada: Guest, operation: Operation) -> None:
    """Each about a conversation of its own: nobody, strangers of every role, and last whose conversation it is."""
    allowed = operation.access
    assert allowed is not None
    nobody = await status(edge, operation, await ada.open(), None)
    assert nobody == 401, f"{operation.name} without a token"

    for role in ROLES:
        answer = await status(edge, operation, await ada.open(), token(edge, role))
        who = f"{operation.name} as {role}, a stranger: {answer}"
        if role in allowed.anywhere and not operation.path.startswith("/aisdk/"):
            assert answer not in REFUSALS, who
        elif role in allowed.anywhere | allowed.taking_part:
            assert answer == 404, f"{who}; somebody else's conversation is as good as none"
        else:
            assert answer == 403, who

    answer = await status(edge, operation, await ada.open(), ada.token)
    may = "customer" in allowed.anywhere | allowed.taking_part
    assert (answer in REFUSALS) is not may, f"{operation.name} as the customer whose conversation it is: {answer}"


@pytest.mark.parametrize("role", ROLES)
async def test_a_socket_lets_in_whom_the_table_does(edge: Edge, ada: Guest, role: Role) -> None:
    conversation = await ada.open()
    url = f"{edge.url.replace('http', 'ws')}{PREFIX}/conversations/{conversation}/socket"
    async with websockets.connect(url) as socket:  # type: ignore[attr-defined]
        await socket.send(json.dumps({"id": 1, "connect": {"token": token(edge, role)}}))
        reply = json.loads(await socket.recv())
    if role in access.COMMANDS["connect"].anywhere:
        assert reply["result"] == {"participant": f"{role}_1"}
    else:
        takes_part = role in access.COMMANDS["connect"].taking_part
        assert reply["error"]["code"] == ("not_found" if takes_part else "forbidden")


@pytest.mark.parametrize("name", commands.COMMANDS)
@pytest.mark.parametrize("role", sorted(set(ROLES) - access.IN_CONVERSATION.taking_part))
async def test_a_command_is_for_those_whom_the_table_names(edge: Edge, name: str, role: Role) -> None:
    session = edge.chat.sessions.verify(token(edge, role))
    with pytest.raises(access.Problem, match=f"as {role}"):
        await commands.run(edge.chat, session, "c_1", commands.Command(1, name, {}))
