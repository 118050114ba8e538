"""Commands that come over a socket: their shape and their replies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from channels import access, messages, signals
from channels.problems import Problem
from channels.services import Chat
from channels.validation import Read, Send, Stop, Typing, parse
from switchboard.people.identity import Session

Run = Callable[[Chat, Session, str, Any], Awaitable[dict[str, object]]]


@dataclass(frozen=True)
class Command:
    """`{"id": …, "<name>": {…}}`; the id is the client's, and comes back with the reply."""

    id: int | str
    name: str
    body: Any


def parse_command(frame: Any) -> Command:
    """A frame as a command. Raises `Problem` 400 or 422 for what is none."""
    if frame is None:
        raise asyncio.CancelledError  # Sanic's way to say that the client has closed
    if not isinstance(frame, str):
        raise Problem(400, "bad_json", "A command is a text frame.")
    try:
        data = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "bad_json", "A command is JSON.") from error
    known = isinstance(data, dict) and isinstance(data.get("id"), (int, str)) and not isinstance(data["id"], bool)
    if not known:
        raise Problem(422, "invalid", "A command is an object with an id, a number or a string.")
    names = [name for name in data if name != "id"]
    if len(names) != 1:
        raise Problem(422, "invalid", "A command has an id and one name.")
    return Command(data["id"], names[0], data[names[0]])


async def run(chat: Chat, session: Session, conversation_id: str, command: Command) -> dict[str, object]:
    """What the command answers. Raises `Problem`, `LogError`."""
    known = COMMANDS.get(command.name)
    if known is None:
        raise Problem(422, "unknown_command", f"Commands are: connect (first and once), {', '.join(COMMANDS)}.")
    chat.check_session(session)
    access.COMMANDS[command.name].check(session)
    shape, execute = known
    return await execute(chat, session, conversation_id, parse(shape, command.body))


def done(command_id: int | str, result: dict[str, object]) -> str:
    """The reply to a command that was carried out."""
    return _reply({"id": command_id, "result": result})


def failed(command_id: int | str | None, problem: Problem) -> str:
    """The reply to one that was not."""
    error = {"code": problem.code, "message": problem.detail, "temporary": problem.temporary}
    return _reply({"id": command_id, "error": error})


def _reply(reply: dict[str, object]) -> str:
    """In ASCII: what it repeats of the command may be half a character, which only an escape can carry."""
    return json.dumps(reply, separators=(",", ":"))


COMMANDS: dict[str, tuple[type[Any], Run]] = {
    "send": (Send, messages.accept),
    "typing": (Typing, signals.typing),
    "read": (Read, signals.read),
    "stop": (Stop, signals.stop),
}
