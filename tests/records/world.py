"""A server with two people who have talked, one of whom is all over it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import redis.asyncio
from sqlalchemy import insert, select
from sqlalchemy.engine import Engine

from switchboard.archive.archiver import FEED
from switchboard.archive.entries import Entries
from switchboard.archive.erasing import Erasing
from switchboard.archive.history import History as Pages
from switchboard.archive.timeline import Timeline
from switchboard.log.dialogue import DialogueUpdate
from switchboard.log.events import (
    MessageCompleted,
    MessageDelta,
    MessageRead,
    MessageSent,
    MessageStarted,
    Participant,
    SlotsChanged,
    TaskProgressed,
    TaskStarted,
    TurnCompleted,
    TurnStarted,
)
from switchboard.log.feed import Feed, Progress
from switchboard.log.follower import Follower
from switchboard.log.keys import keys_of, limit
from switchboard.log.lifecycle import Lifecycle
from switchboard.log.log import Draft, Log
from switchboard.log.members import Members
from switchboard.people.identity import Sessions
from switchboard.people.memory import Lesson, Memory
from switchboard.people.profiles import Profile, Profiles
from switchboard.people.revocations import Revocations
from switchboard.people.sign_ins import SignIns
from switchboard.records.eraser import Eraser
from switchboard.records.erasure import Erasure
from switchboard.records.requests import Requests
from switchboard.store.calls import Calls
from switchboard.store.database import Database
from switchboard.store.history import History, utc_now
from switchboard.store.tables import accounts, metadata
from switchboard.turns.turn import BOT

Redis = redis.asyncio.Redis
GUEST = Participant("guest_zq7xk93", "customer", "Zenobia-zq7xk93")
ZOE = Participant("user_zq7xk93", "customer", "Zenobia-zq7xk93")
BOB = Participant("guest_bob", "customer", "Bob")
MARK = "zq7xk93"  # in everything that Zoe says, is called, and is answered


class World:
    """What a server has, and somebody who is all over it."""

    def __init__(self, client: Redis[str], database_url: str) -> None:
        self.client, self.url, self.calls = client, database_url, Calls(Database(database_url))
        self.log, self.entries = Log(client), Entries(Database(database_url))
        self.tasks, self.profiles = History(Database(database_url)), Profiles(self.calls)
        self.feed, self.sessions = Feed(client, FEED), Sessions("a secret for tests, of 32 characters or more")
        self.sign_ins = SignIns(client, self.sessions, Revocations(client, Follower(client)))
        self.requests = Requests(self.calls)
        self.erasure = Erasure(self.log, Erasing(self.calls))
        self.eraser = self.new_eraser()

    def new_eraser(self) -> Eraser:
        return Eraser(self.log, self.calls, self.sign_ins, linger_seconds=0.0)

    async def erase(self, *people: Participant) -> None:
        """As a server does: once now, and once when nothing can come late any more."""
        for who in people:
            await self.requests.ask(who.id)
        for _ in range(2):
            await self.eraser.look()
        assert await self.requests.open() == []

    async def archive(self, conversation: str, count: int = 1_000) -> None:
        batch = await self.feed.take(conversation, count)
        if not await self.entries.add([batch]) and batch.entries:
            await self.feed.advance(batch, Progress(batch.entries[-1].offset, 0))

    async def ask(self, conversation: str, who: Participant, text: str, *, is_answered: bool = True) -> None:
        name = f"m_{uuid.uuid5(uuid.NAMESPACE_OID, text).hex}"  # as the server names them
        said = MessageSent(
            name, who, text, client_message_id=text, metadata={"page": text}, payload=text, language="de"
        )
        draft = Draft(said, f"in:{who.id}:{text}", text)
        offset = (await self.log.publish(conversation, draft, asks=True, author=who.id))[0].offset
        turn = f"t{offset}"
        begun = [
            TurnStarted(turn, said.message_id),
            MessageStarted(f"b_{offset}", BOT, turn),
            MessageDelta(f"b_{offset}", f"you said {text}"),
            TaskStarted(f"k_{offset}", "look", f"Looking for {text}", turn),
            TaskProgressed(f"k_{offset}", 1, 2, f"at {text}"),
            SlotsChanged({"said": text}, turn),
        ]
        await self.tasks.begin(f"k_{conversation}{offset}", conversation, turn, "look", {"text": text})
        if not is_answered:
            await self.log.publish(conversation, *map(Draft, begun))
            return
        end = [MessageCompleted(f"b_{offset}", BOT, f"you said {text}", turn), TurnCompleted(turn)]
        remembers = DialogueUpdate((json.dumps({"text": text}),), (1, text))
        drafts = map(Draft, [*begun, *end, MessageRead(who.id, offset)])
        await self.log.publish(conversation, *drafts, answers=offset, remembers=remembers)

    async def talk(self, *, is_answered: bool = True) -> None:
        """`c_alone` is Zoe's, once a guest; `c_both` hers and Bob's, partly archived and partly trimmed."""
        await self.feed.register()
        await self.profiles.change(ZOE.id, lambda _: Profile(ZOE.id, ZOE.name, "de", {"likes": MARK}))
        await Memory(Calls(Database(self.url))).learn([Lesson(ZOE.id, "city", MARK, "c_alone", utc_now(), 3_600)])
        row = {"id": ZOE.id, "email": f"{MARK}@example.com", "role": "customer", "name": ZOE.name}
        account = insert(accounts).values(**row, created_at=utc_now())
        await self.calls.write(lambda connection: connection.execute(account), {})
        await self.client.set(limit("person", ZOE.id), 1)
        lifecycle, members = Lifecycle(self.client), Members(self.client)
        await self.log.start("c_alone", BOT.id, [GUEST, BOT])
        await self.ask("c_alone", GUEST, f"alone {MARK}")
        await lifecycle.rename("c_alone", GUEST.id, f"Title {MARK}")
        await members.identify("c_alone", GUEST.id, ZOE)
        await self.archive("c_alone")
        await self.ask("c_alone", ZOE, f"late {MARK}", is_answered=is_answered)
        await self.log.start("c_both", BOT.id, [GUEST, BOB, BOT])
        await self.ask("c_both", BOB, "first of Bob's")
        await self.ask("c_both", GUEST, f"first {MARK}")
        await self.archive("c_both")
        await self.client.xtrim(keys_of("c_both").log, maxlen=6, approximate=False)
        await members.identify("c_both", GUEST.id, ZOE)
        await self.archive("c_both", 1)
        await self.ask("c_both", BOB, "second of Bob's")
        await self.ask("c_both", ZOE, f"second {MARK}", is_answered=is_answered)
        await lifecycle.rename("c_both", ZOE.id, f"Title {MARK}")
        await self.log.start("c_bobs", BOT.id, [BOB, BOT])
        await self.ask("c_bobs", BOB, "only Bob's")
        await self.archive("c_bobs")
        await self.client.zadd(keys_of("c_both").present, {f"edge {ZOE.id}": 2**50})

    async def in_redis(self) -> str:
        """Every key, and everything in it."""
        found: list[Any] = []
        async for key in self.client.scan_iter(count=1_000):
            kind = await self.client.type(key)
            read = {
                "string": lambda key=key: self.client.get(key),
                "hash": lambda key=key: self.client.hgetall(key),
                "list": lambda key=key: self.client.lrange(key, 0, -1),
                "set": lambda key=key: self.client.smembers(key),
                "zset": lambda key=key: self.client.zrange(key, 0, -1, withscores=True),
                "stream": lambda key=key: self.client.xrange(key),
            }[kind]
            found.append((key, await read()))
        return str(found)


def in_sql(database: Engine) -> str:
    """Every row of every table."""
    with database.connect() as connection:
        return str([connection.execute(select(table)).all() for table in metadata.sorted_tables])


async def is_nowhere(world: World, database: Engine) -> None:
    everything = await world.in_redis() + in_sql(database)
    assert MARK not in everything
    assert "first of Bob's" in everything and "only Bob's" in everything


async def bobs_view(world: World) -> list[tuple[str, str]]:
    """Who said what, as the history of the shared conversation shows it."""
    conversation = await world.log.describe("c_both")
    pages = Pages(Timeline(world.log, world.entries))
    page = await pages.page(conversation, conversation.offset + 1, 100)
    assert page.missing == []
    return [(message["author"]["name"], message["text"]) for message in page.messages]
