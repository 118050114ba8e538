"""What the bot has done for somebody: every task of their conversations, how it ended, and what came of it."""

from __future__ import annotations

import re
from typing import Any

from sanic import Request
from sanic.response import HTTPResponse

from channels.access import RECORDS
from channels.paging import Cursor, before_of, limit_of, query_of
from channels.problems import Problem
from channels.services import chat_of
from switchboard.log.codec import dumps
from switchboard.log.errors import UnknownConversation
from switchboard.store.history import STATUSES, microseconds
from switchboard.store.task_records import WantedTasks

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
    return _answer(
        {
            "tasks": [task.to_wire() for task in found[:limit]],
            "before": str(Cursor(microseconds(last.started_at), last.id)) if last else None,
        }
    )


async def show_task(request: Request, task_id: str) -> HTTPResponse:
    """`GET /tasks/{id}`: 404 for one of a conversation that the caller may not see."""
    chat = chat_of(request)
    session = chat.session(request)
    task = await chat.tasks.one(task_id) if TASK_ID.match(task_id) else None
    if task is None:
        raise UnknownConversation(task_id)  # the same answer as for one of somebody else's
    await chat.conversation(session, task.conversation, RECORDS)
    return _answer(task.to_wire())


def _answer(body: dict[str, Any]) -> HTTPResponse:
    return HTTPResponse(dumps(body), content_type="application/json", headers={"Cache-Control": "no-store"})
