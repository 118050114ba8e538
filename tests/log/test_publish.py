"""Appending: one order, whole batches, each entry once, and only by who may write."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest
import redis.asyncio

from switchboard.log.authority import Authority
from switchboard.log.codec import decode
from switchboard.log.dialogue import Dialogues, DialogueUpdate
from switchboard.log.errors import Busy, ConflictingEntry, LogError, LogUnavailable, StalePublish, UnknownConversation
from switchboard.log.events import MessageSent, TurnCompleted, TurnStarted
from switchboard.log.inbox import Inbox
from switchboard.log.keys import keys_of, partition
from switchboard.log.log import Draft, Log
from switchboard.turns.turn import BOT
from tests.support.people import ADA, ask, message, start
from tests.support.redis_server import RedisServer

PUBLISHER = """
import asyncio, sys
from switchboard.log.connection import connect
from switchboard.log.authority import Authority
from switchboard.log.log import Log
from tests.support.people import message

async def main(url, name):
    log = Log(connect(url))
    await asyncio.gather(*(log.publish("c_1", message(f"{name}{n}")) for n in range(100)))

asyncio.run(main(*sys.argv[1:]))
"""


async def offsets(log: Log, conversation: str = "c_1") -> list[int]:
    return [line.offset for line in await log.read(conversation, 0, count=10_000)]


async def test_a_new_log_begins_with_its_start_and_its_participants(log: Log) -> None:
    end = await log.start("c_1", BOT.id, [ADA, BOT])
    entries = [json.loads(line.json) for line in await log.read("c_1", 0)]
    assert [entry["type"] for entry in entries] == ["conversation.started", "participant.joined", "participant.joined"]
    assert [entry["offset"] for entry in entries] == [1, 2, 3]
    assert {entry["epoch"] for entry in entries} == {end.epoch}
    described = await log.describe("c_1")
    assert (described.owner, described.term, described.offset) == ("bot:main", 1, 3)
    assert set(described.participants) == {ADA, BOT}


async def test_a_log_is_started_once(log: Log) -> None:
    await start(log)
    with pytest.raises(LogError, match="exists"):
        await log.start("c_1", BOT.id, [ADA])
    assert await offsets(log) == [1, 2, 3]


async def test_a_conversation_that_was_never_started_takes_nothing(log: Log) -> None:
    with pytest.raises(UnknownConversation):
        await log.publish("c_nowhere", message("hello"))
    with pytest.raises(UnknownConversation):
        await log.describe("c_nowhere")
    assert await log.read("c_nowhere", 0) == []


async def test_two_processes_that_append_at_once_leave_dense_offsets(log: Log, redis_url: str) -> None:
    await start(log)
    run = [sys.executable, "-c", PUBLISHER, redis_url]
    processes = [await asyncio.create_subprocess_exec(*run, name, stderr=subprocess.PIPE) for name in ("left", "right")]
    for process in processes:
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
    assert await offsets(log) == list(range(1, 204))
    texts = [json.loads(line.json).get("text") for line in await log.read("c_1", 3)]
    assert set(texts) == {f"{name}{n}" for name in ("left", "right") for n in range(100)}


async def test_many_tasks_that_append_at_once_are_told_their_own_offsets(log: Log) -> None:
    await start(log)
    done = await asyncio.gather(*(log.publish("c_1", message(str(n)), message(f"{n} too")) for n in range(50)))
    for first, second in done:
        assert second.offset == first.offset + 1, "a batch stays together"
    assert sorted(place.offset for batch in done for place in batch) == list(range(4, 104))


async def test_a_batch_with_one_conflict_appends_nothing(log: Log) -> None:
    await start(log)
    await log.publish("c_1", message("first", key="k"))
    with pytest.raises(ConflictingEntry, match="k"):
        await log.publish("c_1", message("new"), message("second", key="k"))
    assert await offsets(log) == [1, 2, 3, 4]


async def test_the_same_key_and_content_again_is_the_entry_that_is_there(log: Log) -> None:
    await start(log)
    first = (await log.publish("c_1", message("hello", key="k"), asks=True))[0]
    again = (await log.publish("c_1", message("hello", key="k"), asks=True))[0]
    assert (first.duplicate, again.duplicate) == (False, True)
    assert (again.epoch, again.offset) == (first.epoch, first.offset)
    assert await offsets(log) == [1, 2, 3, 4]


async def test_a_duplicate_question_is_not_asked_twice(log: Log, client: redis.asyncio.Redis[str]) -> None:
    await start(log)
    for _ in range(3):
        await log.publish("c_1", message("hello", key="k"), asks=True)
    assert await client.lrange(keys_of("c_1").waiting, 0, -1) == ["4"]


async def test_entries_without_a_key_are_never_duplicates(log: Log) -> None:
    await start(log)
    for _ in range(2):
        await log.publish("c_1", message("hello"))
    assert await offsets(log) == [1, 2, 3, 4, 5]


async def test_keys_belong_to_their_conversation(log: Log) -> None:
    for conversation in ("c_1", "c_2"):
        await start(log, conversation)
        place = (await log.publish(conversation, message(conversation, key="k")))[0]
        assert not place.duplicate


async def test_output_under_an_old_fence_is_refused_whole(log: Log, client: redis.asyncio.Redis[str]) -> None:
    await start(log)
    await ask(log, "c_1", "hello")
    inbox = Inbox(client)
    old = await inbox.take("c_1")
    assert old is not None
    await inbox.release("c_1")
    new = await inbox.take("c_1")
    assert new is not None and new.fence > old.fence
    with pytest.raises(StalePublish, match="fence"):
        await log.publish(
            "c_1", Draft(TurnStarted("t4", "m")), authority=Authority(old.term, old.fence), answers=old.offset
        )
    assert await offsets(log) == [1, 2, 3, 4, 5]
    fresh = await log.publish("c_1", Draft(TurnCompleted("t4")), authority=Authority(new.term, new.fence))
    assert fresh[0].offset == 6


async def test_taking_a_conversation_says_so_once_a_message(log: Log, client: redis.asyncio.Redis[str]) -> None:
    await start(log)
    await ask(log, "c_1", "hello")
    inbox = Inbox(client)
    for _ in range(2):
        lease = await inbox.take("c_1")
        assert lease is not None
    entries = [decode(line.json) for line in await log.read("c_1", 0)]
    asked = entries[-2].event
    assert isinstance(asked, MessageSent)
    assert entries[-1].event == TurnStarted("t4", asked.message_id)


async def test_output_under_an_old_term_is_refused(log: Log, client: redis.asyncio.Redis[str]) -> None:
    await start(log)
    await client.hset(keys_of("c_1").meta, "term", "2")
    with pytest.raises(StalePublish, match="term"):
        await log.publish("c_1", message("too late", author=BOT), authority=Authority(term=1))


async def test_a_question_stands_in_the_inbox_until_it_is_answered(log: Log, client: redis.asyncio.Redis[str]) -> None:
    await start(log)
    inbox = Inbox(client)
    await log.publish("c_1", message("not a question"))
    assert list(await inbox.waiting()) == []
    first, second = [await ask(log, "c_1", text) for text in ("one", "two")]
    assert list(await inbox.waiting()) == ["c_1"]
    await log.publish("c_1", Draft(TurnCompleted(f"t{first}")), answers=first)
    assert list(await inbox.waiting()) == ["c_1"]
    await log.publish("c_1", Draft(TurnCompleted(f"t{second}")), answers=second)
    assert list(await inbox.waiting()) == []


async def test_nobody_is_asked_while_a_person_owns_the_conversation(log: Log, client: redis.asyncio.Redis[str]) -> None:
    await start(log)
    await client.hset(keys_of("c_1").meta, "owner", "operator:eve")
    await ask(log, "c_1", "hello")
    assert list(await Inbox(client).waiting()) == []


async def test_the_longest_waiting_conversation_comes_first(client: redis.asyncio.Redis[str]) -> None:
    now = iter(range(1_000, 2_000))
    log = Log(client, clock=lambda: next(now))
    names = [f"c_{n}" for n in range(20)]
    for name in names:
        await start(log, name)
    for name in reversed(names):
        await ask(log, name, "hello")
    assert list(await Inbox(client).waiting()) == names[::-1]


async def test_everything_of_one_conversation_shares_a_hash_tag(log: Log, client: redis.asyncio.Redis[str]) -> None:
    await start(log)
    await log.publish("c_1", message("hello", key="k"), asks=True)
    lease = await Inbox(client).take("c_1")
    assert lease
    await log.keep("c_1", "parsed", Authority(fence=lease.fence))
    names = await client.keys("sb:*")
    tags = {name[name.index("{") : name.index("}") + 1] for name in names}
    assert len(names) == 7 and len(tags) == 1, names
    assert "{" in keys_of("c_1").live and set(names) == {
        getattr(keys_of("c_1"), name) for name in ("meta", "log", "keys", "waiting", "inbox", "lease", "turn")
    }


async def test_the_first_value_that_is_kept_stays_and_a_worker_that_was_away_keeps_nothing(
    log: Log, client: redis.asyncio.Redis[str]
) -> None:
    await start(log)
    first = await ask(log, "c_1", "hello")
    slow = await Inbox(client).take("c_1")
    assert slow
    await log.keep("c_1", "as one thinks", Authority(fence=slow.fence))
    await log.keep("c_1", "as another thinks", Authority(fence=slow.fence))
    await client.delete(keys_of("c_1").lease)
    again = await Inbox(client).take("c_1")
    assert again and again.kept == "as one thinks"
    await log.publish("c_1", message("Hello."), answers=first, authority=Authority(worker=again.worker))
    await ask(log, "c_1", "and now something else")
    lease = await Inbox(client).take("c_1")
    assert lease and lease.kept == ""
    with pytest.raises(StalePublish):
        await log.keep("c_1", "of the message before", Authority(fence=slow.fence))
    await log.publish("c_1", message("An answer."), authority=Authority(fence=lease.fence), keeps="of this one")
    await client.delete(keys_of("c_1").lease)
    once_more = await Inbox(client).take("c_1")
    assert once_more and once_more.kept == "of this one"


async def test_with_the_end_of_its_turn_whatever_is_left_of_it_has_lost_the_right(
    log: Log, client: redis.asyncio.Redis[str]
) -> None:
    await start(log)
    question = await ask(log, "c_1", "hello")
    inbox = Inbox(client)
    lease = await inbox.take("c_1")
    assert lease
    await client.delete(keys_of("c_1").lease)  # it ran out, and nobody noticed
    right = Authority(lease.term, lease.fence, lease.worker)
    await log.publish("c_1", message("Hello."), authority=right, answers=question)
    with pytest.raises(StalePublish):
        await log.publish("c_1", message("And another thing"), authority=right)
    assert not await inbox.renew("c_1", lease.fence)


async def test_only_a_worker_that_does_not_give_its_turn_back_counts_as_dead(
    log: Log, client: redis.asyncio.Redis[str]
) -> None:
    await start(log)
    await ask(log, "c_1", "hello")
    counts = []
    for dies in (False, True, False, True):
        lease = await Inbox(client).take("c_1")
        assert lease
        counts.append((lease.tries, lease.deaths))
        if dies:
            await client.delete(keys_of("c_1").lease)
        else:
            inbox = Inbox(client)
            inbox.worker = lease.worker
            await inbox.release("c_1", unended=f"t{lease.offset}")
    assert counts == [(1, 1), (2, 1), (3, 2), (4, 2)]


async def test_who_writes_to_a_person_is_not_held_up_by_a_bot_that_is_busy(client: redis.asyncio.Redis[str]) -> None:
    log = Log(client, crowd=1)
    same = [f"c_{n}" for n in range(200) if partition(f"c_{n}") == partition("c_0")]
    for conversation in same[:2]:
        await start(log, conversation)
    await log.publish(same[0], message("hello"), asks=True)
    await client.hset(keys_of(same[1]).meta, "owner", "operator:eve")
    await log.publish(same[1], message("are you there?"), asks=True)


async def test_a_redis_that_is_gone_is_a_typed_error(log: Log, redis_server: RedisServer) -> None:
    await start(log)
    redis_server.stop()
    try:
        with pytest.raises(LogUnavailable):
            await log.publish("c_1", message("hello"))
        with pytest.raises(LogUnavailable):
            await log.describe("c_1")
        with pytest.raises(LogUnavailable):
            await log.read("c_1", 0)
        with pytest.raises(LogUnavailable):
            await Inbox(log.redis).waiting()
    finally:
        redis_server.start()
    await start(log)


async def test_when_too_many_conversations_wait_a_new_one_is_refused_and_a_known_one_is_not(
    client: redis.asyncio.Redis[str],
) -> None:
    log = Log(client, crowd=1)  # one a partition
    same = [f"c_{n}" for n in range(200) if partition(f"c_{n}") == partition("c_0")]
    for conversation in same[:2]:
        await start(log, conversation)
    await log.publish(same[0], message("hello", key="k"), asks=True)
    with pytest.raises(Busy):
        await log.publish(same[1], message("me too", key="k"), asks=True)
    await log.publish(same[0], message("are you there?", key="l"), asks=True)
    (again,) = await log.publish(same[0], message("hello", key="k"), asks=True)
    assert again.duplicate


async def test_what_a_turn_remembers_is_on_record_with_its_end_or_not_at_all(
    log: Log, client: redis.asyncio.Redis[str]
) -> None:
    await start(log)
    await ask(log, "c_1", "Hello")
    inbox, dialogues = Inbox(client), Dialogues(client)
    lease = await inbox.take("c_1")
    assert lease
    update = DialogueUpdate(('{"event": "user"}', '{"event": "bot"}'), keep_seconds=1_000)
    for wrong in (Authority(fence=lease.fence - 1), Authority(term=9)):
        with pytest.raises(StalePublish):
            await log.publish("c_1", Draft(TurnCompleted("t4")), authority=wrong, answers=4, remembers=update)
    with pytest.raises(ConflictingEntry):
        await log.publish("c_1", Draft(TurnCompleted("t4"), "t4", "another"), answers=4, remembers=update)
    assert not await dialogues.exists("c_1")
    right = Authority(fence=lease.fence, worker=inbox.worker)
    await log.publish("c_1", Draft(TurnCompleted("t4"), "t4:end"), authority=right, answers=4, remembers=update)
    assert await dialogues.read_all("c_1") == list(update.events)
    assert 990 <= await client.ttl(keys_of("c_1").dialogue) <= 1_000
    with pytest.raises(StalePublish):  # the same once more, by who did not hear that it was done
        await log.publish("c_1", Draft(TurnCompleted("t4"), "t4:end"), authority=right, answers=4, remembers=update)
    assert await dialogues.read_all("c_1") == list(update.events)
