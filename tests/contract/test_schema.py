"""`docs/protocol.schema.json` says what the server sends and takes: no type and no field more, none less."""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError
from websockets.client import WebSocketClientProtocol, connect

from channels import farewell
from channels.people_validation import EndSession, NewSession, ProfileChange
from channels.validation import (
    Acceptance,
    Connect,
    Muting,
    NewInvitation,
    NewParticipant,
    Nothing,
    Read,
    Removal,
    Rename,
    Send,
    Stop,
    Typing,
)
from switchboard.log.codec import OPAQUE, camel, encode
from switchboard.log.events import EPHEMERAL_TYPES, EVENT_TYPES, Ephemeral, Event, MessageDelta, MessageStarted
from switchboard.log.feed import Feed
from switchboard.log.follower import AWAY
from switchboard.log.line import merged
from switchboard.log.log import Draft
from switchboard.log.reader import BACK
from switchboard.settings import Settings
from switchboard.store.database import Database
from switchboard.store.history import History
from switchboard.turns.turn import BOT
from tests.contract.test_protocol import PROTOCOL
from tests.contract.test_responses import HISTORY
from tests.support.edge import Edge, Guest, serving
from tests.support.waiting import bounded

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "protocol.schema.json").read_text(encoding="utf-8")
)
GROUPS = (NewParticipant, NewInvitation, Acceptance, Removal, Muting)
BODIES: tuple[type[BaseModel], ...] = (
    Send,
    Typing,
    Read,
    Stop,
    Connect,
    NewSession,
    EndSession,
    Nothing,
    Rename,
    ProfileChange,
    *GROUPS,
)


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """The same, but what a definition does not name is wrong: clients ignore it, and we want to know."""
    definitions = copy.deepcopy(schema["$defs"])
    for definition in definitions.values():
        if "properties" in definition:
            definition["additionalProperties"] = False
    return {"$defs": definitions}


STRICT = strict(SCHEMA)
BY_TYPE = {
    definition["properties"]["type"]["const"]: name
    for name, definition in SCHEMA["$defs"].items()
    if "const" in definition.get("properties", {}).get("type", {}) and name != "Problem"
}


def check(name: str, value: Any) -> None:
    """The value is what the definition says, and has nothing else."""
    Draft202012Validator({"$ref": f"#/$defs/{name}", **STRICT}).validate(value)


def check_frame(value: dict[str, Any]) -> None:
    check(BY_TYPE[value["type"]], value)
    Draft202012Validator({"$ref": "#/$defs/Frame", **STRICT}).validate(value)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_it_has_every_type_of_the_vocabulary_and_the_document_has_the_others() -> None:
    vocabulary = {**EVENT_TYPES, **EPHEMERAL_TYPES}
    assert {kind for kind in BY_TYPE if "." in kind} == set(vocabulary)
    for control in set(BY_TYPE) - set(vocabulary):
        assert f'"type": "{control}"' in PROTOCOL


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=9), inner, max_size=2),
    max_leaves=5,
)


def events(kind: type[Event | Ephemeral]) -> st.SearchStrategy[Event | Ephemeral]:
    """Every shape that the type allows."""
    given_by_name: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if field.name in OPAQUE:
            objects = st.dictionaries(st.text(max_size=9), JSON, max_size=2)
            given_by_name[field.name] = st.none() | objects if field.default is None else objects
        elif field.type == "int":
            given_by_name[field.name] = st.integers(1, 10**9)
        else:
            given_by_name[field.name] = ...
    return st.builds(kind, **given_by_name)


@pytest.mark.parametrize("kind", [*EVENT_TYPES.values(), *EPHEMERAL_TYPES.values()], ids=lambda kind: kind.type)
@given(data=st.data())
def test_every_event_validates(kind: type[Event | Ephemeral], data: st.DataObject) -> None:
    wire = json.loads(encode(data.draw(events(kind)), 1))
    check_frame(wire | ({"epoch": "9f2c", "offset": 3} if kind.type in EVENT_TYPES else {}))


@pytest.mark.parametrize("kind", [*EVENT_TYPES.values(), *EPHEMERAL_TYPES.values()], ids=lambda kind: kind.type)
def test_it_names_every_field_and_says_which_may_be_missing(kind: type[Event | Ephemeral]) -> None:
    definition = SCHEMA["$defs"][BY_TYPE[kind.type]]
    place = {"type", "timestamp"} | ({"epoch", "offset"} if kind.type in EVENT_TYPES else set())
    fields = {camel(field.name): field.default is None for field in dataclasses.fields(kind)}
    extra = {"first"} if kind is MessageDelta else set()
    assert set(definition["properties"]) == place | set(fields) | extra
    assert set(definition["required"]) == place | {name for name, optional in fields.items() if not optional}


GOOD: dict[str, st.SearchStrategy[Any]] = {
    "clientMessageId": st.from_regex(r"[A-Za-z0-9_.:-]{1,64}", fullmatch=True),
    "text": st.text(min_size=1, max_size=20) | st.just("x" * 4_000) | st.just("x" * 4_001),
    "payload": st.none() | st.text(min_size=1, max_size=20),
    "metadata": st.dictionaries(st.text(max_size=9), st.text(max_size=9) | st.integers() | st.none(), max_size=3),
    "typing": st.booleans(),
    "upTo": st.integers(),
    "turnId": st.from_regex(r"t[0-9]{1,16}", fullmatch=True),
    "token": st.text(max_size=9),
    "epoch": st.text(max_size=9),
    "offset": st.integers(),
    "name": st.text(max_size=70),
    "identity": st.none() | st.text(max_size=9),
    "refreshToken": st.none() | st.text(max_size=9),
    "conversations": st.lists(st.text(max_size=9), max_size=21),
    "everywhere": st.booleans(),
    "title": st.text(max_size=110),
    "confirm": st.text(max_size=9),
    "language": st.none() | st.from_regex(r"[A-Za-z]{1,9}(-[A-Za-z0-9]{1,9}){0,5}", fullmatch=True),
    "preferences": st.dictionaries(st.text(max_size=9), st.text(max_size=9) | st.integers() | st.none(), max_size=3),
    "replyTo": st.none() | st.from_regex(r"[A-Za-z0-9_.:-]{1,100}", fullmatch=True),
    "participantId": st.from_regex(r"[A-Za-z0-9_.@:-]{1,128}", fullmatch=True),
    "role": st.sampled_from(["customer", "operator", "bot"]),
    "muted": st.booleans(),
    "invitation": st.text(max_size=9),
    "expiresIn": st.sampled_from([999, 1_000, 30 * 86_400_000, 30 * 86_400_000 + 1]),
    "uses": st.integers(0, 51),
}


@st.composite
def bodies(draw: st.DrawFn, model: type[BaseModel]) -> dict[str, Any]:
    """Nearly right: any field may be missing, of another kind, or too much."""
    body: dict[str, Any] = {}
    for field in model.__fields__.values():
        if draw(st.integers(0, 4)):
            body[field.alias] = draw(GOOD[field.alias] if draw(st.integers(0, 4)) else JSON)
    if not draw(st.integers(0, 9)):
        body[draw(st.text(max_size=9))] = draw(JSON)
    return body


@pytest.mark.parametrize("model", BODIES, ids=lambda model: model.__name__)
@given(data=st.data())
def test_what_the_server_takes_the_schema_allows(model: type[BaseModel], data: st.DataObject) -> None:
    body = data.draw(bodies(model))
    try:
        taken = model.parse_obj(body)
    except ValidationError:
        return
    if isinstance(taken, Connect) and taken.position is None:  # of whatever type: the client gets a snapshot
        body = {"token": taken.token}
    check(model.__name__, body)


@pytest.mark.parametrize(
    ("model", "body", "good"),
    [
        (Send, {"clientMessageId": "a", "text": "hello"}, True),
        (Send, {"clientMessageId": "a", "payload": "/yes", "metadata": {"page": "/", "n": 1, "x": None}}, True),
        (Send, {"clientMessageId": "a", "text": "hello", "payload": "/yes"}, False),
        (Send, {"clientMessageId": "a"}, False),
        (Send, {"clientMessageId": "ü", "text": "hello"}, False),
        (Send, {"clientMessageId": "a", "text": ""}, False),
        (Send, {"clientMessageId": "a", "text": "x" * 4_001}, False),
        (Send, {"clientMessageId": "a", "text": "hello", "author": "bot:main"}, False),
        (Send, {"clientMessageId": "a", "text": "hello", "metadata": {"deep": {}}}, False),
        (Send, {"clientMessageId": "a", "text": "hello", "metadata": [["page", "/"]]}, False),
        (Send, {"clientMessageId": "a", "text": "hello", "replyTo": "m_1"}, True),
        (Send, {"clientMessageId": "a", "text": "hello", "replyTo": 'm"'}, False),
        (NewParticipant, {"participantId": "user_1", "name": "Bob", "role": "customer"}, True),
        (NewParticipant, {"participantId": "bot:main", "name": "Bob", "role": "customer"}, False),
        (NewParticipant, {"participantId": "user_1", "name": "Bob", "role": "bot"}, False),
        (NewInvitation, {}, True),
        (NewInvitation, {"expiresIn": 30 * 86_400_000, "uses": 50}, True),
        (NewInvitation, {"expiresIn": 31 * 86_400_000}, False),
        (NewInvitation, {"uses": 0}, False),
        (NewInvitation, {"uses": True}, False),
        (Acceptance, {"invitation": "a.b.c"}, True),
        (Acceptance, {}, False),
        (Removal, {"participantId": "guest_1"}, True),
        (Muting, {"participantId": "guest_1", "muted": 1}, False),
        (Typing, {"typing": True}, True),
        (Typing, {"typing": 1}, False),
        (Typing, {}, False),
        (Read, {"upTo": 1}, True),
        (Read, {"upTo": 0}, False),
        (Read, {"upTo": 10**15}, False),
        (Stop, {}, True),
        (Stop, {"turnId": "t12"}, True),
        (Stop, {"turnId": "12"}, False),
        (Connect, {"token": "t", "epoch": "9f", "offset": 3}, True),
        (Connect, {"token": "t", "offset": -3}, True),
        (Connect, {"epoch": "9f"}, False),
        (NewSession, {}, True),
        (NewSession, {"name": None}, False),
        (NewSession, {"name": "x" * 61}, False),
        (NewSession, {"identity": "a.b.c"}, True),
        (NewSession, {"identity": "x" * 8_193}, False),
        (NewSession, {"identity": 7}, False),
        (Rename, {"title": "Parcel"}, True),
        (Rename, {"title": "x" * 101}, False),
        (Rename, {"title": None}, False),
        (ProfileChange, {}, True),
        (ProfileChange, {"name": "Ada", "language": "de-AT", "preferences": {"theme": None}}, True),
        (ProfileChange, {"language": "de_AT"}, False),
        (ProfileChange, {"preferences": {"deep": {}}}, False),
        (ProfileChange, {"name": None}, False),
        (Nothing, {}, True),
        (Nothing, {"a": 1}, False),
    ],
)
def test_both_agree_on_a_body(model: type[BaseModel], body: Any, good: bool) -> None:
    assert Draft202012Validator({"$ref": f"#/$defs/{model.__name__}", **STRICT}).is_valid(body) is good
    if good:
        model.parse_obj(body)
    else:
        with pytest.raises(ValidationError):
            model.parse_obj(body)


@pytest.mark.parametrize("end", [each for each in vars(farewell).values() if isinstance(each, farewell.Farewell)])
def test_every_goodbye_validates(end: farewell.Farewell) -> None:
    check_frame(json.loads(end.json))


def test_word_of_redis_validates() -> None:
    check_frame(json.loads(AWAY.json))
    check_frame(json.loads(BACK))


@pytest.fixture
def settings(redis_url: str, tmp_path: Path) -> Settings:
    return Settings(_env_file=None, redis_url=redis_url, data_dir=tmp_path, page_dir=tmp_path)


def answered(response: httpx.Response, status: int, name: str) -> None:
    assert response.status_code == status, response.text
    check(name, response.json())


async def test_every_answer_over_http_validates(settings: Settings) -> None:
    async with serving(settings) as edge, edge.guest() as ada, httpx.AsyncClient(base_url=edge.url) as stranger:
        conversation = await ada.open()
        here = f"/chat/v1/conversations/{conversation}"
        answered(await stranger.post("/chat/v1/sessions"), 201, "Session")
        refreshing = {"refreshToken": (await stranger.post("/chat/v1/sessions")).json()["refreshToken"]}
        answered(await stranger.post("/chat/v1/sessions", json=refreshing), 200, "Session")
        answered(await ada.http.post("/chat/v1/conversations", json={}), 201, "Opened")
        answered(await ada.http.post(f"{here}/stop", json={}), 200, "Stopping")
        answered(await ada.send(conversation, text="hello", clientMessageId="x"), 202, "Receipt")
        answered(await ada.send(conversation, text="hello", clientMessageId="x"), 200, "Receipt")
        answered(await ada.send(conversation, text="other", clientMessageId="x"), 409, "Problem")
        answered(await ada.send(conversation), 422, "Problem")
        answered(await ada.send("c_nowhere", text="hello"), 404, "Problem")
        answered(await stranger.get(here), 401, "Problem")
        answered(await ada.http.post(f"{here}/title", json={"title": "Parcel"}), 200, "Rename")
        answered(await ada.http.post(f"{here}/read", json={"upTo": 2}), 200, "HasRead")
        answered(await ada.http.post(f"{here}/stop", json={}), 202, "Stopping")
        answered(await ada.http.get("/chat/v1/me"), 200, "Me")
        answered(await ada.http.post("/chat/v1/me", json={"language": "de"}), 200, "Me")
        batch = await Feed(edge.chat.log.redis, "archive").take(conversation, 1_000)
        await edge.chat.archive.add([batch])
        answered(await ada.http.get("/chat/v1/conversations"), 200, "ConversationPage")
        history = History(Database(settings.database))
        await history.begin("k1", conversation, "t4", "refund", {})
        await history.completed("k1", {"paid": [12]})
        answered(await ada.http.get("/chat/v1/tasks"), 200, "TaskPage")
        answered(await ada.http.get("/chat/v1/tasks/k1"), 200, "TaskRecord")
        answered(await ada.http.post("/chat/v1/tickets", json={}), 201, "Ticket")
        invited = await ada.http.post(f"{here}/invitations", json={})
        answered(invited, 201, "Invitation")
        accepting = {"invitation": invited.json()["invitation"]}
        answered(await ada.http.post("/chat/v1/invitations/accept", json=accepting), 200, "Joinable")
        answered(await stranger.get("/chat/v1/health"), 503, "Health")
        assert (await ada.http.post(f"{here}/typing", json={"typing": True})).status_code == 204
        await edge.chat.log.publish(conversation, *(Draft(event) for event in HISTORY))
        answered(await ada.http.get(here), 200, "Snapshot")
        assert (await ada.http.post(f"{here}/close", json={})).status_code == 204
        answered(await ada.send(conversation, text="late"), 409, "Problem")


async def test_every_frame_of_a_stream_validates(settings: Settings) -> None:
    async with serving(settings) as edge, edge.guest() as ada:
        conversation = await ada.open()
        await edge.chat.log.publish(conversation, *(Draft(event) for event in HISTORY))
        async with ada.stream(conversation) as frames:
            for _ in range(2):
                check_frame(await anext(frames))
        epoch = (await ada.snapshot(conversation))["epoch"]
        async with ada.stream(conversation, **{"Last-Event-ID": f"{epoch}.1"}) as frames:
            seen = [await anext(frames) for _ in range(3 + len(HISTORY))]
        for frame in seen:
            check_frame(frame)
        assert {"connected", "task.failed"} <= {frame["type"] for frame in seen}


async def test_deltas_that_were_merged_validate(settings: Settings) -> None:
    async with serving(settings) as edge, edge.guest() as ada:
        conversation = await ada.open()
        deltas = (MessageStarted("m", BOT, "t1"), *(MessageDelta("m", word) for word in ("a", "b", "c")))
        await edge.chat.log.publish(conversation, *(Draft(event) for event in deltas))
        lines = merged(await edge.chat.log.read(conversation, 0))
        assert json.loads(lines[-1].json)["first"] < lines[-1].offset
        for line in lines:
            check_frame(json.loads(line.json))


async def test_every_reply_and_frame_of_a_socket_validates(settings: Settings) -> None:
    async with serving(settings) as edge, edge.guest() as ada:
        edge.chat.follower.pulse.ping_seconds = 0.3
        async with bounded(), connected(edge, ada, await ada.open()) as ws:
            await reply(ws, "Joined", connect={"token": ada.token})
            await reply(ws, "Receipt", send={"clientMessageId": "a", "text": "hello"})
            await reply(ws, "Told", typing={"typing": True})
            await reply(ws, "HasRead", read={"upTo": 2})
            await reply(ws, "Stopping", stop={})
            await reply(ws, None, stop={"turnId": "no"})
            await reply(ws, None, dance={})
            await reply(ws, None, stop=[])
            for nothing in ("[]", '{"id": true, "stop": {}}', '{"stop": {}}'):
                await ws.send(nothing)
                answer = await frames_until(ws, lambda frame: "id" in frame)
                assert answer["id"] is None
                check("ErrorReply", answer)
            await frames_until(ws, lambda frame: frame["type"] == "ping")


def connected(edge: Edge, guest: Guest, conversation: str) -> connect:
    return connect(f"ws{edge.url[4:]}/chat/v1/conversations/{conversation}/socket")


async def reply(ws: WebSocketClientProtocol, result: str | None, **body: Any) -> None:
    """Send the command, which is in the schema if it succeeds, and look at its reply; no `result`: an error."""
    await ws.send(json.dumps({"id": 7, **body}))
    answer = await frames_until(ws, lambda frame: "id" in frame)
    check("Reply", answer)
    if result is None:
        check("ErrorReply", answer)
    else:
        check("Command", {"id": 7, **body})
        check(result, answer["result"])


async def frames_until(ws: WebSocketClientProtocol, wanted: Any) -> dict[str, Any]:
    """The first frame that is wanted; those before it are frames of the stream, and right."""
    while True:
        frame: dict[str, Any] = json.loads(await ws.recv())
        if "id" not in frame:
            check_frame(frame)
        if wanted(frame):
            return frame
