"""The block list, for those who oversee the chat."""

from __future__ import annotations

import ipaddress
import logging
import time
from typing import Any

from pydantic import BaseModel, Field, StrictStr, conint, root_validator, validator
from sanic import Request
from sanic.response import HTTPResponse, empty, json

from channels.problems import Problem
from channels.services import Chat, chat_of, json_body
from channels.validation import clean, parse
from switchboard.people.blocks import NETWORK, PERSON, Block, TooManyBlocks, network, person
from switchboard.people.client_addresses import Network
from switchboard.people.identity import Session

REASON_LIMIT = 200  # characters
WIDEST = {4: 16, 6: 32}  # prefix lengths by version: what is wider takes in half a country
MAPPED = 96  # bits before an IPv4 address that is written as one of IPv6

logger = logging.getLogger(__name__)


class Subject(BaseModel):
    """Who: a participant, or an address or network as in RFC 4632 and RFC 4291."""

    participant_id: StrictStr | None = Field(None, alias="participantId", regex=r"^[!-~]{1,128}\Z")
    address: StrictStr | None = Field(None, max_length=64)

    class Config:
        extra = "forbid"

    @validator("address")
    def _canonical(cls, value: str | None) -> str | None:
        return None if value is None else str(_network(value))

    @root_validator(skip_on_failure=True)
    def _one_of(cls, values: dict[str, Any]) -> dict[str, Any]:
        if (values.get("participant_id") is None) == (values.get("address") is None):
            raise ValueError("give either participantId or address")
        return values

    @property
    def text(self) -> str:
        """As the list has it."""
        if self.address is not None:
            return network(ipaddress.ip_network(self.address))
        return person(self.participant_id or "")


class NewBlock(Subject):
    """Body of `POST /blocks`. `until`: in ms; without it, for good."""

    reason: StrictStr = Field(..., max_length=REASON_LIMIT)
    until: conint(strict=True, ge=1, lt=10**15) | None = None  # type: ignore[valid-type]

    @validator("reason")
    def _said(cls, value: str) -> str:
        cleaned = clean(value)
        if not cleaned:
            raise ValueError("is empty")
        return cleaned


async def list_blocks(request: Request) -> HTTPResponse:
    """`GET /blocks`: all that hold, the newest first."""
    chat = chat_of(request)
    chat.session(request)
    blocks = await chat.blocks.list()
    return json({"blocks": [_to_wire(block) for block in blocks]}, headers={"Cache-Control": "no-store"})


async def add_block(request: Request) -> HTTPResponse:
    """`POST /blocks`: 201. Requests are refused and streams end as soon as every server has heard of it."""
    chat = chat_of(request)
    session = chat.session(request)
    wanted = parse(NewBlock, await json_body(request))
    _check(chat, session, wanted)
    block = Block(
        wanted.text,
        session.participant.id,
        time.time(),
        wanted.reason,
        None if wanted.until is None else wanted.until / 1000,
    )
    try:
        await chat.blocks.add(block)
    except TooManyBlocks as error:
        raise Problem(
            409, "full", f"The list is full: {error}. Lift some first, or block a network at once."
        ) from error
    logger.info("%s blocked %s until %s: %s", block.by, block.subject, block.until or "further notice", block.reason)
    return json(_to_wire(block), 201)


async def remove_block(request: Request) -> HTTPResponse:
    """`POST /blocks/remove`: 204, also if there was none."""
    chat = chat_of(request)
    session = chat.session(request)
    subject = parse(Subject, await json_body(request)).text
    await chat.blocks.remove(subject)
    logger.info("%s lifted the block of %s", session.participant.id, subject)
    return empty(204)


def _check(chat: Chat, session: Session, wanted: NewBlock) -> None:
    """Raises `Problem` 422 for a block that would do nothing, or shut out whoever asks for it."""
    if wanted.address is not None and chat.settings.proxies is None:
        raise Problem(422, "invalid", "address: this server does not know its clients' addresses. Set TRUSTED_PROXIES.")
    if wanted.participant_id == session.participant.id:
        raise Problem(422, "invalid", "participantId: this is you.")
    if wanted.until is not None and wanted.until <= time.time() * 1000:
        raise Problem(422, "invalid", "until: this is in the past. It is a time in milliseconds since 1970.")


def _network(text: str) -> Network:
    """Raises `ValueError`."""
    if "%" in text:
        raise ValueError("has a zone")
    found = ipaddress.ip_network(text, strict=False)
    if found.version == 6 and found.prefixlen >= MAPPED and (mapped := found.network_address.ipv4_mapped):
        found = ipaddress.ip_network((mapped, found.prefixlen - MAPPED), strict=False)
    if found.prefixlen < WIDEST[found.version]:
        raise ValueError(f"is wider than a /{WIDEST[found.version]}")
    return found


def _to_wire(block: Block) -> dict[str, Any]:
    body: dict[str, Any] = {"by": block.by, "at": round(block.at * 1000), "reason": block.reason}
    if block.until is not None:
        body["until"] = round(block.until * 1000)
    if block.subject.startswith(PERSON):
        return {"participantId": block.subject.removeprefix(PERSON), **body}
    return {"address": block.subject.removeprefix(NETWORK), **body}
