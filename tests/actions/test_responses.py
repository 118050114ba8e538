"""Texts and code fit together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk.executor import ActionExecutor

ROOT = Path(__file__).resolve().parents[2]
# Responses whose names the code puts together: titles, refusals, states of an order, how a handoff ended.
COMPOSED = re.compile(
    r"utter_(title_\w+|\w+_refused_\w+|refused_\w+|track_(shipped|processing|delivered|cancelled)"
    r"|handoff_(resolved|returned|expired|cancelled|rejected|failed))"
)


def texts_in(folder: str, pattern: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / folder).glob(pattern)))


def test_every_response_is_said_somewhere(domain: dict[str, Any]) -> None:
    code = "".join(
        texts_in(*where) for where in (("actions", "*.py"), ("data", "*/*.yml"), ("switchboard/engine", "*.py"))
    )
    asked = {f"utter_ask_{slot}" for form in domain["forms"].values() for slot in form["required_slots"]}
    unused = [
        name for name in domain["responses"] if name not in code and name not in asked and not COMPOSED.fullmatch(name)
    ]
    assert unused == []


def test_every_response_that_the_code_names_exists(domain: dict[str, Any]) -> None:
    named = set(re.findall(r"\"(utter_\w+)\"", texts_in("actions", "*.py")))
    assert named <= set(domain["responses"])


def test_every_action_of_the_domain_exists_and_no_other(domain: dict[str, Any]) -> None:
    executor = ActionExecutor()
    executor.register_package("actions")
    ours = {name for name, run in executor.actions.items() if type(run.__self__).__module__.startswith("actions.")}
    assert ours == set(domain["actions"])


def test_every_button_leads_to_an_intent_of_the_domain(domain: dict[str, Any]) -> None:
    payloads = re.findall(r"payload: '?(/\w+)", texts_in("domain", "*.yml"))
    assert payloads
    assert {payload.lstrip("/") for payload in payloads} <= set(domain["intents"])


def test_a_flow_has_one_name_everywhere() -> None:
    flows = {path.stem for path in (ROOT / "domain").glob("*.yml")}
    assert {path.name for path in (ROOT / "data").iterdir()} == flows
    assert {path.stem.removeprefix("test_") for path in (ROOT / "tests/conversations").glob("test_*.yml")} == flows


def test_every_intent_has_twenty_examples_and_none_of_them_is_held_out(domain: dict[str, Any]) -> None:
    def examples(path: Path) -> dict[str, set[str]]:
        blocks = yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
        plain = re.compile(r"\[([^\]]+)\]\(\w+\)")
        return {
            block["intent"]: {plain.sub(r"\1", line[2:]).strip().lower() for line in block["examples"].splitlines()}
            for block in blocks
            if "intent" in block
        }

    trained: dict[str, set[str]] = {}
    for path in (ROOT / "data").glob("*/nlu.yml"):
        trained.update(examples(path))
    held_out = examples(ROOT / "tests/nlu/test_nlu.yml")
    assert set(trained) == set(held_out) == set(domain["intents"])
    assert {intent: len(texts) for intent, texts in trained.items() if len(texts) < 20} == {}
    assert {intent: len(texts) for intent, texts in held_out.items() if len(texts) < 8} == {}
    assert {text for texts in held_out.values() for text in texts} & {
        t for texts in trained.values() for t in texts
    } == set()
