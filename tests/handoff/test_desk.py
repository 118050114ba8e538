"""One owner at a time, and whoever comes second is told who it is."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random

import pytest

from switchboard.handoff.case import State, Wish
from switchboard.handoff.desk import Desk
from switchboard.log.errors import Closed, Muted, NotAllowed, Owned, StalePublish
from switchboard.log.events import (
    MessageCompleted,
    MessageDelta,
    MessageSent,
    MessageStarted,
    Participant,
    TaskCompleted,
    TaskStarted,
)
from switchboard.log.inbox import Inbox
from switchboard.log.keys import keys_of
from switchboard.log.lifecycle import Lifecycle
from switchboard.log.log import Draft, Log
from switchboard.log.members import Members
from switchboard.turns.turn import BOT, Turn
from tests.handoff.conftest import ASKED, BOB, EVE, entries, types
from tests.support.people import ADA, ask, message, start


async def test_who_asks_for_a_person_waits_and_the_bot_answers_no_more(log: Log, desk: Desk) -> None:
    await start(log)
    case, is_new = await desk.request("c_1", Wish("asked", "billing"), ADA.id)
    assert is_new and case.state is State.pending
    now = await log.describe("c_1")
    assert (now.owner, now.term, now.handoff) == ("queue:billing", 2, case.public())
    assert await types(log) == ["owner.changed", "handoff.requested"]
    await ask(log, "c_1", "anybody?")
    assert await Inbox(log.redis).waiting() == {}


async def test_what_waited_for_the_bot_waits_for_a_person(log: Log, desk: Desk) -> None:
    await start(log)
    await ask(log, "c_1", "one")
    await desk.request("c_1", ASKED)
    assert await Inbox(log.redis).waiting() == {}
    assert await Inbox(log.redis).take("c_1") is None


async def test_twenty_at_once_make_one_handoff_and_one_notice(log: Log, desk: Desk) -> None:
    await start(log)
    asked = await asyncio.gather(*(desk.request("c_1", ASKED, ADA.id) for _ in range(20)))
    assert len({case.id for case, _ in asked}) == 1
    assert sum(is_new for _, is_new in asked) == 1
    assert await types(log) == ["owner.changed", "handoff.requested"]


async def test_the_operator_who_claims_takes_part_and_is_heard(log: Log, desk: Desk) -> None:
    await start(log)
    case, _ = await desk.request("c_1", ASKED)
    held = await desk.claim("c_1", EVE)
    assert (held.id, held.state, held.owner) == (case.id, State.assigned, "operator:user_eve")
    await log.publish("c_1", message("Hello", author=EVE), asks=True, author=EVE.id)
    assert (await types(log))[2:] == ["participant.joined", "owner.changed", "handoff.assigned", "message.sent"]
    assert await desk.claim("c_1", EVE) == held, "nothing changes for who has it"


async def test_fifty_operators_claim_a_hundred_conversations_and_each_has_one_winner(log: Log, desk: Desk) -> None:
    conversations = [await start(log, f"c_{number}") for number in range(100)]
    operators = [Participant(f"user_{number}", "operator", f"Operator {number}") for number in range(50)]
    await asyncio.gather(*(desk.request(conversation, ASKED) for conversation in conversations))
    for conversation in conversations:
        claims = await asyncio.gather(*(desk.claim(conversation, each) for each in operators), return_exceptions=True)
        winners = [claim for claim in claims if not isinstance(claim, BaseException)]
        owner = (await log.describe(conversation)).owner
        assert [winner.owner for winner in winners] == [owner]
        assert all(isinstance(claim, Owned) for claim in claims if isinstance(claim, BaseException))
        assert (await types(log, conversation)).count("handoff.assigned") == 1
        with pytest.raises(Owned) as late:
            await desk.claim(conversation, Participant("user_late", "operator", "Late"))
        assert late.value.owner == owner


async def test_a_claim_of_an_ownership_that_has_passed_is_refused(log: Log, desk: Desk) -> None:
    await start(log)
    with pytest.raises(Owned) as refused:
        await desk.claim("c_1", EVE, term=7)
    assert refused.value.owner == BOT.id


async def test_who_steps_in_cuts_the_bot_off_and_it_cannot_go_on(log: Log, desk: Desk) -> None:
    await start(log)
    await ask(log, "c_1", "tell me")
    lease = await Inbox(log.redis).take("c_1")
    assert lease
    turn = Turn.of(log, lease)
    await turn.say(MessageStarted("m_1", BOT, turn.id), "start")
    await turn.say(MessageDelta("m_1", 'Well, "that" is\n'), "piece")
    await turn.say(MessageDelta("m_1", "über"), "piece")
    await desk.claim("c_1", EVE)
    for late in (turn.say(MessageDelta("m_1", " and"), "piece"), turn.complete()):
        with pytest.raises(StalePublish):
            await late
    assert await types(log) == [
        "message.sent", "turn.started", "message.started", "message.delta", "message.delta", "message.completed",
        "turn.completed", "participant.joined", "owner.changed", "handoff.requested", "handoff.assigned",
    ]  # fmt: skip
    cut, over = (await entries(log))[5:7]
    assert (cut["text"], cut["stopped"], cut["author"]["id"]) == ('Well, "that" is\nüber', True, BOT.id)
    assert over["stopped"] is True
    assert await Inbox(log.redis).take("c_1") is None


async def test_whenever_somebody_steps_in_not_a_chunk_of_the_bots_comes_after(log: Log, desk: Desk) -> None:
    chance = random.Random(6)

    async def speak(conversation: str) -> None:
        lease = await Inbox(log.redis).take(conversation)
        assert lease
        turn = Turn.of(log, lease)
        with contextlib.suppress(StalePublish):
            await turn.say(MessageStarted("m_1", BOT, turn.id), "start")
            for number in range(12):
                await turn.say(MessageDelta("m_1", f"{number} "), "piece")
            await turn.say(MessageCompleted("m_1", BOT, "all", turn.id), "m_1")
            await turn.complete()

    async def step_in(conversation: str, rounds: int) -> None:
        for _ in range(rounds):
            await asyncio.sleep(0)
        await desk.claim(conversation, EVE)

    async def clash(number: int) -> str:
        conversation = await start(log, f"c_{number}")
        await ask(log, conversation, "go on")
        await asyncio.gather(speak(conversation), step_in(conversation, chance.randrange(400)))
        told = await entries(log, conversation)
        changed = next(at for at, entry in enumerate(told) if entry["type"] == "owner.changed")
        assert [entry["type"] for entry in told[changed + 1 :]] == ["handoff.requested", "handoff.assigned"]
        before = [entry for entry in told[:changed] if entry["type"] == "turn.completed"]
        assert len(before) == 1 or told[1]["type"] != "turn.started"
        return "cut" if any(entry.get("stopped") for entry in before) else "whole"

    ends = [end for at in range(0, 1_000, 50) for end in await asyncio.gather(*map(clash, range(at, at + 50)))]
    assert {"cut", "whole"} == set(ends), "both happened"


async def test_an_operator_who_does_not_have_it_is_told_who_has(log: Log, desk: Desk) -> None:
    await start(log)
    await Members(log.redis).join("c_1", BOB)  # a colleague who follows it
    await desk.claim("c_1", BOB)
    await desk.give("c_1", EVE, BOB.id)
    with pytest.raises(Owned) as refused:
        await log.publish("c_1", message("One more thing", author=BOB), asks=True, author=BOB.id)
    assert refused.value.owner == "operator:user_eve"
    await log.publish("c_1", message("I am with you", author=EVE), asks=True, author=EVE.id)


async def test_a_conversation_that_is_released_waits_where_it_has_waited(log: Log, desk: Desk) -> None:
    for conversation in ("c_1", "c_2"):
        await start(log, conversation)
        await desk.request(conversation, ASKED)
    await desk.claim("c_1", EVE)
    assert [case.conversation for case in await desk.cases()] == ["c_2", "c_1"]
    await desk.requeue("c_1", "released", EVE.id)
    assert [case.conversation for case in await desk.cases()] == ["c_1", "c_2"]
    assert (await log.describe("c_1")).owner == "queue:support"


async def test_only_who_has_it_and_overseers_decide_what_becomes_of_it(log: Log, desk: Desk) -> None:
    await start(log)
    await desk.request("c_1", ASKED)
    with pytest.raises(NotAllowed):
        await desk.end("c_1", "resolved", BOB.id)
    await desk.claim("c_1", EVE)
    for attempt in (
        desk.requeue("c_1", "released", BOB.id),
        desk.end("c_1", "resolved", BOB.id),
        desk.give("c_1", BOB, BOB.id),
    ):
        with pytest.raises(Owned):
            await attempt
    await desk.give("c_1", BOB, "user_boss", overseer=True)
    await desk.end("c_1", "resolved", "user_boss", overseer=True, disposition="solved")
    assert (await log.describe("c_1")).owner == BOT.id


async def test_the_bot_answers_the_end_of_a_handoff(log: Log, desk: Desk) -> None:
    await start(log)
    case, _ = await desk.request("c_1", ASKED)
    await desk.claim("c_1", EVE)
    await desk.end("c_1", "returned", EVE.id)
    now = await log.describe("c_1")
    assert (now.owner, now.handoff) == (BOT.id, None)
    assert await desk.case("c_1") is None
    lease = await Inbox(log.redis).take("c_1")
    assert lease
    started = (await entries(log))[-1]
    assert (started["type"], started["messageId"]) == ("turn.started", case.id)


async def test_an_operator_who_came_to_take_it_leaves_with_it_and_the_bot_answers_every_message_again(
    log: Log, desk: Desk
) -> None:
    await start(log)
    for leave in (
        lambda: desk.end("c_1", "returned", EVE.id),
        lambda: desk.requeue("c_1", "released", EVE.id),
        lambda: desk.give("c_1", BOB, EVE.id),
    ):
        await desk.claim("c_1", EVE)
        await leave()
        assert not (await log.describe("c_1")).has(EVE.id)
    await desk.end("c_1", "returned", BOB.id)
    before = len(await log.redis.lrange(keys_of("c_1").waiting, 0, -1))
    await log.publish("c_1", message("and now?"), asks=True, addressed=False, author=ADA.id)
    assert len(await log.redis.lrange(keys_of("c_1").waiting, 0, -1)) == before + 1


async def test_an_operator_who_takes_part_anyway_stays(log: Log, desk: Desk) -> None:
    await start(log)
    await Members(log.redis).join("c_1", EVE)
    await desk.claim("c_1", EVE)
    await desk.end("c_1", "returned", EVE.id)
    assert (await log.describe("c_1")).has(EVE.id)


async def test_who_waits_may_go_back_to_the_bot_until_somebody_has_come(log: Log, desk: Desk) -> None:
    await start(log)
    with pytest.raises(Owned):
        await desk.cancel("c_1", ADA.id)
    await desk.request("c_1", ASKED, ADA.id)
    await desk.cancel("c_1", ADA.id)
    assert (await entries(log))[-1]["outcome"] == "cancelled"
    await desk.request("c_1", ASKED, ADA.id)
    await desk.claim("c_1", EVE)
    with pytest.raises(Owned) as refused:
        await desk.cancel("c_1", ADA.id)
    assert refused.value.owner == "operator:user_eve"


async def test_the_fifth_handoff_works_like_the_first(log: Log, desk: Desk) -> None:
    await start(log)
    seen = []
    for _ in range(5):
        before = (await log.describe("c_1")).offset
        await desk.request("c_1", ASKED)
        await desk.claim("c_1", EVE)
        await desk.end("c_1", "returned", EVE.id)
        lease = await Inbox(log.redis).take("c_1")
        assert lease
        await Turn.of(log, lease).complete()
        lines = await log.read("c_1", before)
        seen.append([line.type for line in lines if line.type != "participant.joined"])
    assert seen[0] == seen[4]


async def test_a_message_with_a_stale_term_is_refused_though_its_fence_is_good(log: Log, desk: Desk) -> None:
    await start(log)
    right = await Inbox(log.redis).hold("c_1")
    assert right
    await desk.claim("c_1", EVE)
    with pytest.raises(StalePublish):
        await log.publish("c_1", Draft(MessageSent("m_late", BOT, "By the way")), authority=right)
    with pytest.raises(Owned):
        await Inbox(log.redis).hold("c_1")


async def test_a_bot_that_is_taken_away_before_it_has_come_back_is_to_hear_of_all_of_it(log: Log, desk: Desk) -> None:
    await start(log)
    first = await ask(log, "c_1", "one")
    await desk.claim("c_1", EVE)
    await desk.end("c_1", "returned", EVE.id)
    await desk.claim("c_1", EVE)
    await desk.end("c_1", "returned", EVE.id)
    lease = await Inbox(log.redis).take("c_1")
    assert lease
    assert lease.unheard == f"{first} - {first}", "all behind the first offset, and the message at the others"
    assert lease.waiting == 1


async def test_what_waited_for_the_bot_is_answered_at_its_return_if_nobody_has_come(log: Log, desk: Desk) -> None:
    await start(log)
    await ask(log, "c_1", "under way")
    assert await Inbox(log.redis).take("c_1")
    second, third = [await ask(log, "c_1", text) for text in ("second", "third")]
    await desk.request("c_1", ASKED)
    await desk.cancel("c_1", ADA.id)
    waiting = await log.redis.lrange(keys_of("c_1").waiting, 0, -1)
    assert waiting[1:] == [str(second), str(third)]
    assert (await entries(log))[int(waiting[0]) - 4]["type"] == "handoff.ended"


async def test_what_waited_is_a_persons_if_one_has_come(log: Log, desk: Desk) -> None:
    await start(log)
    await ask(log, "c_1", "one")
    await desk.request("c_1", ASKED)
    await desk.claim("c_1", EVE)
    await desk.requeue("c_1", "released", EVE.id)
    await desk.end("c_1", "returned", "user_boss", overseer=True)
    assert len(await log.redis.lrange(keys_of("c_1").waiting, 0, -1)) == 1


async def test_who_has_it_neither_leaves_nor_is_removed(log: Log, desk: Desk) -> None:
    await start(log)
    members = Members(log.redis)
    await members.join("c_1", BOB)
    await desk.claim("c_1", EVE)
    for attempt in (members.leave("c_1", EVE.id), members.remove("c_1", EVE.id, BOB.id)):
        with pytest.raises(Owned) as refused:
            await attempt
        assert refused.value.owner == "operator:user_eve"
    await desk.end("c_1", "returned", EVE.id)
    await members.join("c_1", EVE)  # of her own will, this time
    await desk.claim("c_1", EVE)
    await desk.end("c_1", "returned", EVE.id)
    assert (await log.describe("c_1")).has(EVE.id)


async def test_a_bots_words_that_outlive_their_lock_do_not_come_over_a_person(log: Log, desk: Desk) -> None:
    await start(log)
    late = Draft(MessageSent("m_late", BOT, "An hour later"))
    await desk.claim("c_1", EVE)
    with pytest.raises(StalePublish):
        await log.publish("c_1", late)
    await desk.end("c_1", "returned", EVE.id)
    await log.publish("c_1", late)


async def test_a_task_with_effects_that_is_cut_off_is_in_doubt(log: Log, desk: Desk) -> None:
    await start(log)
    await ask(log, "c_1", "pay")
    lease = await Inbox(log.redis).take("c_1")
    assert lease
    turn = Turn.of(log, lease)
    for task, effects in (("k_1", True), ("k_2", True), ("k_3", None)):
        await turn.say(TaskStarted(task, "pay", "Paying", turn.id, effects), task)
    await turn.say(TaskCompleted("k_2"), "k_2")
    await desk.claim("c_1", EVE)
    failed = [entry for entry in await entries(log) if entry["type"] == "task.failed"]
    assert [(entry["taskId"], entry["reason"]) for entry in failed] == [("k_1", "uncertain")]


async def test_nobody_is_called_into_what_is_closed_nor_by_who_is_muted(log: Log, desk: Desk) -> None:
    for conversation in ("c_closed", "c_muted"):
        await start(log, conversation)
    await Lifecycle(log.redis).close("c_closed", ADA.id)
    for attempt in (desk.request("c_closed", ASKED), desk.claim("c_closed", EVE)):
        with pytest.raises(Closed):
            await attempt
    members = Members(log.redis)
    await members.join("c_muted", EVE)
    await members.mute("c_muted", ADA.id, EVE.id, True)
    with pytest.raises(Muted):
        await desk.request("c_muted", ASKED, ADA.id)
    await desk.request("c_muted", ASKED)
    with pytest.raises(Muted):
        await desk.cancel("c_muted", ADA.id)


async def test_a_record_that_is_no_case_holds_up_no_other(log: Log, desk: Desk) -> None:
    await start(log)
    case, _ = await desk.request("c_1", ASKED)
    await log.redis.hset(keys_of("c_2").desk, "c_2", '{"id":"h2"}')
    newer = {**json.loads(case.encode()), "colour": "blue"}
    await log.redis.hset(keys_of("c_1").desk, "c_1", json.dumps(newer))
    assert await desk.cases() == [case]
