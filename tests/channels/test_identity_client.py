"""What the README gives a host to copy signs its users in, and our own client keeps them apart."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from switchboard.settings import Settings
from tests.channels.test_own_client import Own, texts
from tests.support.clients import Client, client, installed_node
from tests.support.edge import Edge
from tests.support.host_site import HostSite

SECTION = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8").split("\n## Sign your users in\n")[1]
COMMAND = next(block for block in SECTION.split("\n\n") if block.startswith("    (umask ")).strip()


Visit = Callable[..., contextlib.AbstractAsyncContextManager[Client]]


def program(language: str) -> str:
    return SECTION.split(f"```{language}\n")[1].split("```")[0]


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The file as the README makes it."""
    subprocess.run(COMMAND.replace("python3", sys.executable, 1), shell=True, check=True, cwd=tmp_path)
    return tmp_path / "identity-keys.json"


@pytest.fixture
def settings(settings: Settings, keys: Path) -> Settings:
    return settings.copy(update={"identity_keys": keys})


async def signed_by(command: list[str], folder: Path) -> str:
    """What a program prints."""
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode().strip()


async def test_the_readmes_programs_sign_the_same_user_in(edge: Edge, tmp_path: Path) -> None:
    python = program("python") + '\nprint(identity("user-17", "Ada"))'
    node = program("js") + '\nconsole.log(identity("user-17", "Ada"));'
    (tmp_path / "identity.mjs").write_text(node, encoding="utf-8")
    commands = [[sys.executable, "-c", python], [str(installed_node()), "identity.mjs"]]
    people = []
    async with httpx.AsyncClient(base_url=edge.url) as http:
        for command in commands:
            body = {"identity": await signed_by(command, tmp_path)}
            answer = await http.post("/chat/v1/sessions", json=body)
            assert answer.status_code == 201, answer.text
            people.append(answer.json()["participant"])
    assert people[0] == people[1]
    assert people[0]["name"] == "Ada"


@pytest.fixture(params=["sse", "websocket"])
async def visit(request: pytest.FixtureRequest, edge: Edge, tmp_path: Path) -> Visit:
    """Opens the chat in one and the same browser, for whoever the host says is signed in."""

    def start(*identities: str) -> contextlib.AbstractAsyncContextManager[Client]:
        store = str(tmp_path / "store.json")
        return client("own.mjs", url=edge.url, transport=request.param, store=store, identities=identities)

    return start


async def test_people_who_share_a_browser_do_not_see_each_others_conversations(visit: Visit, keys: Path) -> None:
    site = HostSite(keys)
    everybody = (("ada", "I am Ada"), ("eve", "I am Eve"))
    for person, words in everybody:
        async with visit(site.identity(person)) as process:
            own = Own(process)
            view = await own.until(lambda view: view)
            assert (view["started"], view["outgoing"]) == (False, [])
            await own.call("send", words)
            await own.until(lambda view, words=words: texts(view) == [words])
    for person, words in everybody:
        async with visit(site.identity(person)) as process:
            view = await Own(process).until(lambda view: texts(view))
            assert texts(view) == [words]
    async with visit() as process:
        assert (await Own(process).until(lambda view: view))["started"] is False


async def test_a_guest_who_signs_in_goes_on_with_the_conversation(visit: Visit, keys: Path) -> None:
    site = HostSite(keys)
    async with visit() as process:
        own = Own(process)
        await own.call("send", "as a guest")
        guest = await own.until(lambda view: texts(view) == ["as a guest"])
    async with visit(site.identity("ada")) as process:
        own = Own(process)
        view = await own.until(lambda view: texts(view))
        assert (texts(view), view["restarted"]) == (["as a guest"], False)
        assert view["me"] != guest["me"]
        assert {message["author"]["id"] for message in view["chat"]["messages"]} == {view["me"]}
        await own.call("send", "as Ada")
        await own.until(lambda view: texts(view) == ["as a guest", "as Ada"])
    async with visit() as process:
        view = await Own(process).until(lambda view: view)
        assert (view["started"], view["me"]) == (False, None), "the next visitor finds nothing"
