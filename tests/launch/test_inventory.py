"""An author reads what a save did to the bot."""

from __future__ import annotations

from pathlib import Path

from switchboard.launch.inventory import differences, take

NLU = "nlu:\n- intent: greet\n  examples: |\n    - hi\n    - hello\n"


def test_what_came_and_what_went_is_counted_and_named(bot: Path) -> None:
    before = take(bot)
    (bot / "domain").mkdir()
    (bot / "domain/bye.yml").write_text("intents: [bye]\nslots: {name: {type: text}}\n")
    (bot / "data/nlu.yml").write_text(NLU)
    (bot / "data/rules.yml").write_text("rules:\n- rule: say hello\n")
    assert differences(before, take(bot)) == [
        "intents 1 → 2 (+ bye)",
        "slots 0 → 1 (+ name)",
        "examples 0 → 2 (+ greet: hello, + greet: hi)",
        "rules 1 → 1 (+ say hello, - greet)",
    ]


def test_a_copy_change_shows_both_texts(bot: Path) -> None:
    before = take(bot)
    (bot / "domain.yml").write_text("intents: [greet]\nresponses:\n  utter_greet:\n  - text: Good day\n")
    assert differences(before, take(bot)) == ["responses 1 → 1 (+ utter_greet: Good day, - utter_greet: Hello)"]


def test_a_file_that_is_no_yaml_is_left_to_the_training(bot: Path) -> None:
    (bot / "data/rules.yml").write_text("rules: [\n")
    assert take(bot)["rules"] == frozenset()
