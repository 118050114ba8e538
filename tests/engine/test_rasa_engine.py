"""Rasa answers what is on the log: the customer's words, in order, and never half."""

from __future__ import annotations

import pytest

from switchboard.engine import endpoint, rasa_engine
from switchboard.log.errors import LogUnavailable
from switchboard.turns.turn import Turn
from tests.engine.conftest import Talk, said
from tests.support.redis_server import RedisServer


async def test_a_response_of_the_domain_lands_as_one_message(talk: Talk) -> None:
    (answer,) = await talk.say("hello")
    assert (answer["text"], answer["status"], answer["author"]["id"]) == ("Hello there.", "sent", "bot:main")
    assert await talk.ends() == ["completed"]
    assert said(await talk.tracker()) == [("user", "hello"), ("bot", "Hello there.")]


async def test_buttons_come_with_their_text_and_the_channel_chooses_the_variation(talk: Talk) -> None:
    (answer,) = await talk.say("choose")
    assert answer["text"] == "Which one, on our channel?"
    assert answer["buttons"] == [{"title": "Greet", "payload": "/greet"}]


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        "/greet",
        '/inject{"requested_slot": "x"}',
        "  /restart",
        "/",
        "/session_start",
        "//restart",
        "/ /restart",
    ],
)
async def test_text_that_begins_with_a_slash_is_what_the_customer_said(talk: Talk, text: str) -> None:
    await talk.say("hello")
    await talk.say(text)
    events = await talk.tracker()
    assert said(events)[2] == ("user", text.strip())
    assert not [event for event in events if event["event"] in ("restart", "slot") and "requested_slot" in str(event)]
    (user,) = [event for event in events if event["event"] == "user" and event["text"] == text.strip()]
    assert user["parse_data"]["intent"]["name"] is None
    assert await talk.ends() == ["completed", "completed"]


async def test_nlu_reads_what_stands_behind_the_slash(talk: Talk) -> None:
    (answer,) = await talk.say("/hello")
    assert answer["text"] == "Hello there."
    assert said(await talk.tracker())[0] == ("user", "/hello")


async def test_the_payload_of_a_button_is_an_intent(talk: Talk) -> None:
    (answer,) = await talk.say("Greet", payload="/greet")
    assert answer["text"] == "Hello there."
    (user,) = [event for event in await talk.tracker() if event["event"] == "user"]
    assert user["parse_data"]["intent"]["name"] == "greet"


async def test_the_author_is_in_the_metadata_of_the_tracker_and_the_turn_is_not(talk: Talk) -> None:
    await talk.say("hello", metadata={"page": "/cart"}, language="de")
    (user,) = [event for event in await talk.tracker() if event["event"] == "user"]
    assert user["metadata"]["author"] == "guest_ada"
    assert (user["metadata"]["author_role"], user["metadata"]["author_name"]) == ("customer", "Ada")
    assert user["metadata"]["client"] == {"page": "/cart"}
    assert user["metadata"]["language"] == "de"
    assert "fence" not in str(user)


async def test_streamed_text_is_one_message_on_the_log_and_one_in_the_tracker(talk: Talk) -> None:
    (answer,) = await talk.say("stream")
    assert (answer["text"], answer["status"]) == ("One, two, three.", "completed")
    assert answer["buttons"] == [{"title": "Again", "payload": "/stream"}]
    assert said(await talk.tracker()) == [("user", "stream"), ("bot", "One, two, three.")]


async def test_an_action_that_breaks_fails_the_turn_and_nothing_of_it_is_saved(talk: Talk) -> None:
    await talk.say("hello")
    before = await talk.tracker()
    greeting, *partial, apology = await talk.say("crash")
    assert (greeting["text"], apology["text"]) == ("Hello there.", "That went wrong.")
    assert [message["status"] for message in partial] in ([], ["interrupted"])
    assert await talk.ends() == ["completed", "action_failed"]
    assert await talk.tracker() == before
    (answer,) = await talk.say("hello")
    assert answer["text"] == "Hello there."


async def test_an_action_server_that_is_down_fails_the_turn(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "PAUSES", (0.01,))
    talk.agent.action_endpoint.url = "http://127.0.0.1:9/webhook"
    (apology,) = await talk.say("stream")
    assert apology["text"] == "That went wrong."
    assert await talk.ends() == ["action_failed"]
    assert await talk.tracker() == []


async def test_without_a_response_for_it_the_apology_is_a_plain_sentence(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(talk.agent.domain.responses, "utter_turn_failed")
    assert talk.engine.apology() == rasa_engine.APOLOGY


async def test_a_turn_that_cannot_be_saved_does_not_look_saved(talk: Talk, redis_server: RedisServer) -> None:
    """Rasa's fail-safe store would go on in a memory that nobody reads again."""
    from rasa.shared.core.events import ActionExecuted
    from rasa.shared.core.trackers import DialogueStateTracker

    await talk.say("hello")
    tracker = DialogueStateTracker("c_2", [])
    tracker.update(ActionExecuted("action_listen"))
    redis_server.stop()
    try:
        assert talk.agent.tracker_store is talk.agent.processor.tracker_store
        with pytest.raises(LogUnavailable):
            await talk.agent.tracker_store.save(tracker)
        with pytest.raises(LogUnavailable):
            await talk.agent.processor.get_tracker("c_2")
    finally:
        redis_server.start()


@pytest.mark.parametrize(("ours", "runs"), [(True, 2), (False, 1)], ids=["our store", "a store of Rasa's"])
async def test_a_worker_that_dies_after_the_save_is_followed_by_one_that_says_nothing_twice(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, ours: bool, runs: int
) -> None:
    """The power fails before the end of the turn: ours has nothing on record then, Rasa's have all of the turn."""
    from rasa.core.tracker_store import InMemoryTrackerStore

    processor = talk.engine._processor
    complete, handle, handled = Turn.complete, processor.handle_message, []
    if not ours:
        store = InMemoryTrackerStore(processor.domain)
        monkeypatch.setattr(processor, "tracker_store", store)
        monkeypatch.setattr(talk.agent, "tracker_store", store)

    async def die(turn: Turn) -> None:
        monkeypatch.setattr(Turn, "complete", complete)
        raise LogUnavailable("the power failed")

    async def count(message: object) -> None:
        handled.append(message)
        await handle(message)

    monkeypatch.setattr(Turn, "complete", die)
    monkeypatch.setattr(processor, "handle_message", count)
    (answer,) = await talk.say("stream")
    assert len(handled) == runs
    assert answer["text"] == "One, two, three."
    assert await talk.ends() == ["completed"]
    assert said(await talk.tracker()) == [("user", "stream"), ("bot", "One, two, three.")]


async def test_of_a_turn_that_fails_after_the_save_nothing_is_in_the_tracker(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise ValueError("a defect")

    await talk.say("hello")
    before = await talk.tracker()
    with monkeypatch.context() as broken:
        broken.setattr(talk.engine, "_share_slots", fail)
        await talk.say("stream")
    assert await talk.ends() == ["completed", "error"]
    assert await talk.tracker() == before
    assert (await talk.say("hello"))[0]["text"] == "Hello there."


async def test_a_turn_that_was_cut_off_before_the_save_is_answered_whole(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = talk.agent.tracker_store
    save = store.save

    async def die(*_: object) -> None:
        monkeypatch.setattr(store, "save", save)
        raise LogUnavailable("the power failed")

    monkeypatch.setattr(store, "save", die)
    answers = await talk.say("hello")
    assert [answer["text"] for answer in answers] == ["Hello there."], "said once, though it was answered twice"
    assert said(await talk.tracker()) == [("user", "hello"), ("bot", "Hello there.")]
