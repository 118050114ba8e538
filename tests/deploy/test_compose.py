"""The compose file says what is true of this project; the chaos test runs the parts that it names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from switchboard.launch import proxy
from switchboard.launch.compose import COMPOSE, parts
from switchboard.settings import Settings

FILE: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
OF_OTHERS = {"SANIC_HOST"}  # a variable of Sanic's


def test_there_are_two_edges_two_workers_and_an_action_server() -> None:
    assert [part.name for part in parts()] == ["edge-one", "edge-two", "worker-one", "worker-two", "actions"]


def test_every_variable_is_a_setting() -> None:
    known = {name.upper() for name in Settings.__fields__} | OF_OTHERS
    for part in parts():
        assert set(FILE["services"][part.name]["environment"]) <= known


def test_the_image_keeps_production_rules_and_no_secret_has_a_default() -> None:
    dockerfile = (Path(proxy.SHIPPED).parents[1] / "Dockerfile").read_text(encoding="utf-8")
    assert "SWITCHBOARD_MODE=production" in dockerfile
    for name in ("SECRET_KEY", "ALLOWED_ORIGINS"):
        assert FILE["x-environment"][name].startswith(f"${{{name}:?")


def test_nginx_finds_both_edges_by_their_names() -> None:
    command = FILE["services"]["nginx"]["command"]
    found = re.findall(r"s/(127\.0\.0\.1:\d+)/(edge-\w+:\d+)/", command)
    assert found == [(f"127.0.0.1:{part.port}", f"{part.name}:{part.port}") for part in parts()[:2]]
    shipped = proxy.SHIPPED.read_text(encoding="utf-8")
    assert all(address in shipped for address, _ in found)


def test_redis_and_postgres_keep_what_they_acknowledge() -> None:
    assert "--appendonly yes" in FILE["services"]["redis"]["command"]
    kept = {volume.partition(":")[0] for name in ("redis", "postgres") for volume in FILE["services"][name]["volumes"]}
    assert kept == set(FILE["volumes"])
