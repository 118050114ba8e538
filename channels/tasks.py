"""What the bot has done for somebody: every task of their conversations, how it ended, and what came of it.

One that runs can be cancelled, and what one that failed was asked for can be asked again.
"""

from __future__ import annotations

import re
from typing import Any

from sanic import Request
from sanic.response import HTTPResponse, json

from channels.access import RECORDS
from channels.messages import ask_again
from channels.paging import Cursor, before_of, limit_of, query_of
from channels.problems import Problem
from channels.services import Chat, chat_of, json_body
from channels.validation import Nothing, parse
from switchboard.log.codec import dumps
from switchboard.log.errors import UnknownConversation
from switchboard.store.history import RUNNING, STATUSES, TaskRecord, microseconds
from switchboard.store.task_records import WantedTasks
from switchboard.tasks.again import message_to_ask_again
from switchboard.tasks.errors import Cancelled

TASK_ID = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")


async def list_tasks(request: Request) -> HTTPResponse:
    """`GET /tasks?conversation=&status=&before=&limit=`: a page, the latest first."""
    chat = chat_of(request)
    session = chat.session(request)
    given = query_of(request)
    limit, before, status = limit_of(given), before_of(given), given.get("status")
    if status is not None and status not in STATUSES:
        raise Problem(422, "invalid", f"status: must be one of {', '.join(STATUSES)}")
    where = given.get("conversation")
    if where is not None:
        await chat.conversation(session, where, RECORDS)
    found = await chat.tasks.find(WantedTasks(session.participant.id, limit + 1, where, before, status))
    last = found[limit - 1] if len(found) > limit else None
    page = found[:limit] if where else await _mine(chat, session.participant.id, found[:limit])
    return _answer(
        {
            "tasks": [task.to_wire() for task in page],
            "before": str(Cursor(microseconds(last.started_at), last.id)) if last else None,
        }
    )


async def show_task(request: Request, task_id: str) -> HTTPResponse:
    """`GET /tasks/{id}`: 404 for one of a conversation that the caller may not see."""
    chat = chat_of(request)
    session = chat.session(request)
    task = await _found(chat, task_id)
    await chat.conversation(session, task.conversation, RECORDS)
    return _answer(task.to_wire())


async def cancel_task(request: Request, task_id: str) -> HTTPResponse:
    """`POST /tasks/{id}/cancel`: 202 once it was asked to end, 200 if it has ended so, 409 if it ended otherwise."""
    chat = chat_of(request)
    session = chat.session(request)
    chat.paces.check(session.participant.id)
    parse(Nothing, await json_body(request))
    task = await _found(chat, task_id)
    await chat.conversation(session, task.conversation)
    if task.status == Cancelled.kind:
        return json({"taskId": task_id}, 200)
    runs = task.status == RUNNING and task.turn is not None
    if not (runs and await chat.log.stop(task.conversation, session.participant.id, task.turn or "", task_id)):
        raise Problem(409, "ended", "It has ended, or belongs to no message that is being answered.")
    return json({"taskId": task_id}, 202)


async def retry_task(request: Request, task_id: str) -> HTTPResponse:
    """`POST /tasks/{id}/retry`: 202 once what asked for it is on the log again, 200 if it was there.

    403 for whoever has not asked: what somebody says stays their own, also where they are erased. 409 if the bot is
    still at it, or if something that the same message asked for has happened, or may have.
    """
    chat = chat_of(request)
    session = chat.session(request)
    chat.paces.check(session.participant.id)
    parse(Nothing, await json_body(request))
    task = await _found(chat, task_id)
    conversation = await chat.conversation(session, task.conversation)
    asked = await message_to_ask_again(chat.log, task.conversation, task.turn, task_id)
    if conversation.identified.get(asked.author.id, asked.author.id) != session.participant.id:
        raise Problem(403, "forbidden", "Only who has asked for it may ask again.")
    receipt = await ask_again(chat, session, task.conversation, asked, task)
    return json(receipt, 200 if receipt["duplicate"] else 202)


async def _found(chat: Chat, task_id: str) -> TaskRecord:
    task = await chat.tasks.one(task_id) if TASK_ID.match(task_id) else None
    if task is None:
        raise UnknownConversation(task_id)  # the same answer as for one of somebody else's
    return task


async def _mine(chat: Chat, participant: str, tasks: list[TaskRecord]) -> list[TaskRecord]:
    """Without those of conversations that somebody has left, though the archive does not know yet."""
    left = await chat.members.strange_to(participant, {task.conversation for task in tasks})
    return [task for task in tasks if task.conversation not in left]


def _answer(body: dict[str, Any]) -> HTTPResponse:
    return HTTPResponse(dumps(body), content_type="application/json", headers={"Cache-Control": "no-store"})
