"""`switchboard run`: one command brings everything up, one key takes it down, and every failure explains itself."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from switchboard.launch import redis_server
from switchboard.log.connection import connect
from switchboard.log.feed import Feed
from switchboard.people.accounts import Accounts
from switchboard.people.revocations import REVOKED, digest
from switchboard.relay.relay import FEED
from switchboard.store.calls import Calls
from switchboard.store.database import Database
from tests.support.supervisor import Supervisor, free_port, processes_in, supervisor

STOP_SECONDS = 5.0


def trainings(bot: Path) -> int:
    return (bot / "trainings").read_text().count("one")


def process_running(bot: Path, part: str) -> int:
    """Id of the bot's process whose command line has the part."""
    for process in processes_in(bot):
        if part in Path(f"/proc/{process}/cmdline").read_bytes().decode().replace("\0", " "):
            return process
    raise AssertionError(f"no process {part}")


def assert_explains(running: Supervisor, code: int, *parts: str) -> None:
    assert running.ended() == code, running.output
    for part in parts:
        assert part in running.output
    assert "Traceback" not in running.output
    assert processes_in(running.folder) == []


def test_serves_the_page_and_says_where_it_is(bot: Path) -> None:
    with supervisor(bot) as running:
        running.wait_until_ready()
        assert f"Open {running.url} " in running.output
        assert "Logs: .data/logs" in running.output
        assert urllib.request.urlopen(f"{running.url}/chat/v1/health").status == 200
        assert (bot / ".data/redis.sock").stat().st_mode & 0o777 == 0o700


def test_shows_what_the_demo_data_says_there_is_to_try(bot: Path) -> None:
    (bot / "shop").mkdir()
    (bot / "shop/demo_data.py").write_text("print('Order 1001 of ada@example.com')\n")
    with supervisor(bot) as running:
        running.wait_until_ready()
        assert "Order 1001 of ada@example.com" in running.output


def test_a_second_start_trains_nothing(bot: Path) -> None:
    for _ in range(2):
        with supervisor(bot) as running:
            running.wait_until_ready()
    assert trainings(bot) == 1


def test_ctrl_c_ends_everything_even_what_does_not_want_to_end(bot: Path) -> None:
    (bot / "ignores-sigterm").touch()
    with supervisor(bot) as running:
        running.wait_until_ready()
        assert len(processes_in(bot)) == 6  # supervisor, redis, actions, archiver, chat and the chat's own child
        assert running.stop() < STOP_SECONDS
        assert running.ended() == 0
        assert processes_in(bot) == []


def test_ctrl_c_works_while_it_still_starts(bot: Path) -> None:
    (bot / "shop").mkdir()
    (bot / "shop/demo_data.py").write_text("import time\ntime.sleep(600)\n")
    with supervisor(bot) as running:
        running.wait_for("making …")
        assert running.stop() < STOP_SECONDS
        assert running.ended() == 0
        assert processes_in(bot) == []


@pytest.mark.parametrize(
    ("part", "name"),
    [("rasa run", "chat"), ("rasa_sdk", "actions"), ("switchboard.archive", "archiver"), ("redis-server", "redis")],
)
def test_a_server_that_dies_takes_the_rest_down_and_is_named(bot: Path, part: str, name: str) -> None:
    with supervisor(bot) as running:
        running.wait_until_ready()
        os.kill(process_running(bot, part), signal.SIGKILL)
        assert_explains(running, 1, f"The {name} process ended, killed by SIGKILL", f".data/logs/{name}.log")


def test_a_server_that_cannot_start_is_quoted(bot: Path) -> None:
    (bot / "dies-at-once").touch()
    with supervisor(bot) as running:
        assert_explains(running, 1, "The chat process ended with exit code 3", "I cannot work like this.")


def test_a_bot_without_our_channel_is_told_which_line_is_missing(bot: Path) -> None:
    (bot / "has-other-channel").touch()
    with supervisor(bot) as running:
        assert_explains(running, 1, "channels.adapter.ChatChannel")


def test_a_broken_flow_is_explained_by_rasas_own_words(bot: Path) -> None:
    (bot / "config.yml").write_text("broken\n")
    with supervisor(bot) as running:
        assert_explains(running, 1, "could not be trained", "There is no component named 'Broken'", "train.log")
    assert not list((bot / "models").glob("*.tar.gz"))


@pytest.mark.parametrize("variable", ["PORT", "ACTION_PORT"])
def test_a_port_in_use_is_named_with_the_variable_that_changes_it(bot: Path, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with supervisor(bot, **{variable: port}) as running:
            assert_explains(running, 1, f"Port {port} is in use", f"{variable}={int(port) + 1}")
    assert not (bot / "trainings").exists()


def test_a_second_supervisor_in_the_same_folder_is_refused(bot: Path) -> None:
    with supervisor(bot) as first:
        first.wait_until_ready()
        second = Supervisor(bot, "run", {})
        assert second.ended() == 1
        assert f"already running from this folder (process {first.process.pid})" in second.output
        assert first.process.poll() is None


def test_a_killed_supervisor_leaves_nothing_that_blocks_the_next(bot: Path) -> None:
    port, action_port = str(free_port()), str(free_port())
    with supervisor(bot, PORT=port, ACTION_PORT=action_port) as running:
        running.wait_until_ready()
        running.process.kill()
        running.process.wait()
        with supervisor(bot, PORT=port, ACTION_PORT=action_port) as next_one:
            next_one.wait_until_ready()


def test_a_redis_of_ones_own_is_used_instead_of_the_embedded_one(bot: Path, redis_url: str) -> None:
    with supervisor(bot, REDIS_URL=redis_url) as running:
        running.wait_until_ready()
        assert not (bot / ".data/redis.sock").exists()
        assert len(processes_in(bot)) == 4  # supervisor, actions, archiver, chat


async def test_a_broker_that_is_gone_for_good_is_forgotten(bot: Path, redis_url: str) -> None:
    feed = Feed(connect(redis_url), FEED)
    await feed.register()
    with supervisor(bot, "forget-broker", REDIS_URL=redis_url) as running:
        assert running.ended() == 0
        assert "Nothing is kept" in running.output
    assert not await feed.is_registered()


def test_a_broker_is_not_forgotten_where_redis_does_not_run(bot: Path) -> None:
    with supervisor(bot, "forget-broker") as running:
        assert_explains(running, 1, "The embedded Redis runs while the bot does")


async def test_an_account_is_given_a_role_and_signed_out(bot: Path, redis_url: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/people.db"
    accounts = Accounts(Calls(Database(url)))
    for role in ("operator", "supervisor"):
        with supervisor(
            bot, f"appoint Ada@Shop.example --role {role}", REDIS_URL=redis_url, DATABASE_URL=url
        ) as running:
            assert running.ended() == 0
            assert f"ada@shop.example is {role} now" in running.output
        account = await accounts.find("ada@shop.example")
        assert account and account.role == role
    revoked = await connect(redis_url).zrange(REVOKED, 0, -1)
    assert revoked == [f"person:{digest(account.id)}:{era}" for era in (1, 2, 3)]  # before the second change too


def test_nobody_is_appointed_who_has_no_address(bot: Path, redis_url: str) -> None:
    with supervisor(bot, "appoint ada --role operator", REDIS_URL=redis_url) as running:
        assert_explains(running, 1, "ada is not a mail address")


def test_an_action_server_elsewhere_is_not_started_here(bot: Path) -> None:
    with supervisor(bot, ACTION_URL="http://actions.internal:5055/webhook") as running:
        running.wait_until_ready()
        assert len(processes_in(bot)) == 4  # supervisor, redis, archiver, chat


def test_production_refuses_what_is_only_safe_on_a_laptop(bot: Path) -> None:
    with supervisor(bot, SWITCHBOARD_MODE="production") as running:
        assert_explains(running, 2, "SECRET_KEY", "ALLOWED_ORIGINS")


def test_every_bad_variable_is_named_on_a_line_of_its_own_without_its_value(bot: Path) -> None:
    with supervisor(bot, PORT="over9000", SWITCHBOARD_MODE="prodution") as running:
        assert_explains(running, 2, "\nPORT: ", "\nSWITCHBOARD_MODE: ")
        assert "over9000" not in running.output


def test_redis_keeps_its_data_when_it_is_killed(bot: Path) -> None:
    def command(*words: str) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(bot / ".data/redis.sock"))
            connection.sendall(f"{' '.join(words)}\r\n".encode())
            return connection.recv(100).decode()

    with supervisor(bot, "redis") as running:
        running.wait_for("Ctrl-C")
        assert command("SET", "kept", "yes") == "+OK\r\n"
        os.kill(process_running(bot, "redis-server"), signal.SIGKILL)
        assert running.ended() == 1
    with supervisor(bot, "redis") as running:
        running.wait_for("Ctrl-C")
        assert command("GET", "kept").endswith("yes\r\n")


def test_another_redis_on_our_socket_is_an_error_and_stays_alive(bot: Path, tmp_path: Path) -> None:
    socket_path, data = bot / ".data/redis.sock", tmp_path / "other"
    socket_path.parent.mkdir()
    data.mkdir()
    other = subprocess.Popen(redis_server.command(socket_path, data), stdout=subprocess.DEVNULL)
    try:
        while not socket_path.exists():
            time.sleep(0.02)
        with supervisor(bot, "redis") as running:
            assert running.ended() == 1
            assert "already running from this folder" in running.output
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_production_makes_no_demo_data(bot: Path) -> None:
    (bot / "shop").mkdir()
    (bot / "shop/demo_data.py").write_text("print('Order 1001')\n")
    production = {
        "SWITCHBOARD_MODE": "production",
        "SECRET_KEY": "x" * 32,
        "ALLOWED_ORIGINS": "https://www.example.com",
    }
    with supervisor(bot, **production) as running:
        running.wait_until_ready()
        assert "Order 1001" not in running.output
