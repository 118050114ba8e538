"""What is shown of a log is what explains something."""

from __future__ import annotations

import pytest

from switchboard.launch import logs as logs_module
from switchboard.launch.logs import LogFolder, explain, meaningful

CRASH = """\
\x1b[94m2026-11-23 22:14:20 INFO     rasa_sdk.endpoint  - Starting action endpoint server...\x1b[0m
/venv/lib/python3.11/site-packages/sanic_cors/extension.py:39: DeprecationWarning: distutils Version classes
  SANIC_VERSION = LooseVersion(sanic_version)
Traceback (most recent call last):
  File "/bot/actions/feedback.py", line 7, in <module>
    import reply
    ^^^^^^^^^^^^
  File "/venv/lib/python3.11/site-packages/reply/__init__.py", line 1, in <module>
    raise ValueError("no key")
ValueError: no key
"""


def test_an_error_keeps_its_place_in_the_bots_own_files() -> None:
    assert explain(CRASH) == "    ValueError: no key (feedback.py, line 7)"


def test_without_an_error_the_last_lines_are_better_than_none() -> None:
    assert explain(CRASH.partition("Traceback")[0]).endswith("Starting action endpoint server...")


def test_a_place_in_a_yaml_file_is_kept() -> None:
    said = "YamlSyntaxException: Failed to read 'data/x.yml'.\n  in \"data/x.yml\", line 4, column 3:\n"
    assert len(meaningful(said)) == 2


def test_only_this_runs_part_is_quoted(logs: LogFolder) -> None:
    with logs.open("chat") as log:
        log.write(b"ValueError: of yesterday\n")
        start = log.tell()
        log.write(b"ValueError: of today\n")
    assert logs.tail("chat", start) == "    ValueError: of today"
    assert logs.tail("never-started") == ""


def test_a_large_log_is_set_aside_and_only_a_few_are_kept(logs: LogFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs_module, "ROTATE_BYTES", 10)
    for number in range(6):
        with logs.open("chat") as log:
            log.write(f"this is start {number}\n".encode())
    kept = {path.name: path.read_text().strip() for path in logs.path.iterdir()}
    assert kept == {
        "chat.log": "this is start 5",
        "chat.log.1": "this is start 4",
        "chat.log.2": "this is start 3",
        "chat.log.3": "this is start 2",
    }
