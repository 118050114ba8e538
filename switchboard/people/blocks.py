"""Who may not come in: a person, or an address or network, until a given time or for good."""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from redis.asyncio import Redis

from switchboard.log.connection import answering
from switchboard.log.follower import Follower
from switchboard.people.client_addresses import Address, Network
from switchboard.people.common_knowledge import CommonKnowledge

BLOCKS, ENDS = "sb:{blocks}:all", "sb:{blocks}:ends"  # hash: subject → JSON; zset: subject, scored by its end (s)
CHANNEL = "sb:blocks"  # `<subject> <JSON>`, without JSON of a block that is lifted
MOST = 1_000  # at a time; more than that is a firewall's work
PERSON, NETWORK = "person:", "address:"  # how subjects begin

Span = tuple[int, int]  # of a network: version, prefix length
Place = tuple[int, int, int]  # the same, and the bits that all in it have in common: quicker than to make a network


class TooManyBlocks(Exception):
    """Raised when the list is full."""


@dataclass(frozen=True)
class Block:
    """One entry of the list. `subject`: `person:<id>` or `address:<network>`. Times are in seconds since 1970.

    `by`: the participant who put it there. `until`: `None` is for good.
    """

    subject: str
    by: str
    at: float
    reason: str
    until: float | None = None


class Blocks(CommonKnowledge):
    """The list, as every process knows it."""

    def __init__(self, redis: Redis[str], follower: Follower, clock: Callable[[], float] = time.time) -> None:
        super().__init__(follower, CHANNEL)
        self._redis = redis
        self._clock = clock
        self._script = redis.register_script((Path(__file__).parent / "block.lua").read_text(encoding="utf-8"))
        self._all: dict[str, Block] = {}
        self._networks: dict[Place, str] = {}  # subjects
        self._spans: frozenset[Span] = frozenset()

    def cover(self, participant_id: str, address: Address | None = None) -> bool:
        """Whether somebody, or where they come from, is blocked now. No more work than there are sizes of networks."""
        return self._holds(person(participant_id)) or (address is not None and self.cover_address(address))

    def cover_address(self, address: Address) -> bool:
        """Whether nobody may come from there now."""
        number, bits = int(address), address.max_prefixlen
        places = (
            (version, length, number >> (bits - length))
            for version, length in self._spans
            if version == address.version
        )
        return any(self._holds(self._networks.get(place, "")) for place in places)

    async def list(self) -> list[Block]:
        """All that hold, the newest first. Raises `LogUnavailable`."""
        async with answering():
            lines = await self._redis.hvals(BLOCKS)
        blocks = (_parsed(line) for line in lines)
        return sorted(filter(self._is_on, blocks), key=lambda block: block.at, reverse=True)

    async def add(self, block: Block) -> None:
        """In place of one of the same subject. Raises `TooManyBlocks`, `LogUnavailable`."""
        end = "+inf" if block.until is None else str(block.until)
        if await self._change(block.subject, json.dumps(asdict(block)), end) == "full":
            raise TooManyBlocks(f"there are {MOST}")

    async def remove(self, subject: str) -> None:
        """Or do nothing, if there is none. Raises `LogUnavailable`."""
        await self._change(subject, "", "")

    async def load(self) -> None:
        async with answering():
            lines = await self._redis.hvals(BLOCKS)
        self._set({block.subject: block for block in map(_parsed, lines)})

    async def _change(self, subject: str, text: str, end: str) -> str:
        async with answering():
            status: str = await self._script(
                keys=[BLOCKS, ENDS], args=[self._clock(), MOST, CHANNEL, subject, text, end]
            )
        return status

    def _learn(self, text: str) -> None:
        """Only here, and in the order in which Redis made the changes, whichever server asked for them."""
        subject, _, line = text.partition(" ")
        others = {name: block for name, block in self._all.items() if name != subject}
        self._set({**others, subject: _parsed(line)} if line else others)

    def _set(self, blocks: dict[str, Block]) -> None:
        self._all = {subject: block for subject, block in blocks.items() if self._is_on(block)}
        named = [subject for subject in self._all if subject.startswith(NETWORK)]
        self._networks = {_place(ipaddress.ip_network(each.removeprefix(NETWORK))): each for each in named}
        self._spans = frozenset((version, length) for version, length, _ in self._networks)
        self.changed()

    def _holds(self, subject: str) -> bool:
        block = self._all.get(subject)
        return block is not None and self._is_on(block)

    def _is_on(self, block: Block) -> bool:
        return block.until is None or block.until > self._clock()


def person(participant_id: str) -> str:
    """Somebody as the subject of a block."""
    return PERSON + participant_id


def network(where: Network) -> str:
    """A network, or one address, as the subject of a block."""
    return NETWORK + str(where)


def _place(where: Network) -> Place:
    return where.version, where.prefixlen, int(where.network_address) >> (where.max_prefixlen - where.prefixlen)


def _parsed(line: str) -> Block:
    return Block(**json.loads(line))
