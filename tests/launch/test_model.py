"""A model is trained when, and only when, what it is made of changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from switchboard.launch.bot_files import fingerprint, fingerprints
from switchboard.launch.errors import TrainingFailed
from switchboard.launch.logs import LogFolder
from switchboard.launch.model import KEPT_MODELS, Models


@pytest.fixture
def models(bot: Path, logs: LogFolder) -> Models:
    return Models(bot, logs, os.environ)


def trainings(bot: Path) -> int:
    return (bot / "trainings").read_text().count("one")


async def test_nothing_changed_trains_nothing(bot: Path, models: Models) -> None:
    first = await models.bring_up_to_date()
    second = await models.bring_up_to_date()
    assert (first.trained, second.trained) == (True, False)
    assert first.path == second.path == models.newest()


@pytest.mark.parametrize("name", ["config.yml", "domain.yml", "domain/greet.yml", "data/greet/nlu.yml"])
async def test_a_change_in_any_file_trains(bot: Path, models: Models, name: str) -> None:
    await models.bring_up_to_date()
    (bot / name).parent.mkdir(exist_ok=True, parents=True)
    (bot / name).write_text("language: de\n")
    assert (await models.bring_up_to_date()).trained


def test_a_component_of_the_bots_own_counts(bot: Path) -> None:
    (bot / "config.yml").write_text("pipeline:\n- name: nlu.spelling.Corrector  # ours\n- name: WhitespaceTokenizer\n")
    (bot / "nlu").mkdir()
    (bot / "nlu/spelling.py").write_text("one = 1\n")
    before = fingerprint(fingerprints(bot))
    (bot / "nlu/spelling.py").write_text("one = 2\n")
    assert fingerprint(fingerprints(bot)) != before


def test_editors_leftovers_do_not_count(bot: Path) -> None:
    before = fingerprint(fingerprints(bot))
    for name in ("rules.yml~", ".rules.yml.swp", ".DS_Store"):
        (bot / "data" / name).write_text("x")
    assert fingerprint(fingerprints(bot)) == before


async def test_going_back_to_an_older_state_takes_its_model_again(bot: Path, models: Models) -> None:
    original = (bot / "domain.yml").read_text()
    first = await models.bring_up_to_date()
    (bot / "domain.yml").write_text("intents: [other]\n")
    await models.bring_up_to_date()
    (bot / "domain.yml").write_text(original)
    again = await models.bring_up_to_date()
    assert not again.trained
    assert again.path == first.path == models.newest()


async def test_a_model_that_somebody_else_put_there_is_not_trusted_and_not_removed(bot: Path, models: Models) -> None:
    await models.bring_up_to_date()
    foreign = bot / "models" / "20990101-000000-brown-fox.tar.gz"
    foreign.write_bytes(b"?")
    mine = models.current(fingerprints(bot))
    assert models.newest() == mine
    assert foreign.exists()


async def test_what_rasa_writes_into_the_config_while_training_does_not_train_again(bot: Path, models: Models) -> None:
    config = bot / "config.yml"
    config.write_text("rewritten-by-training: true\nassistant_id: placeholder_default\n")
    await models.bring_up_to_date()
    assert "default pipeline" in config.read_text()
    assert not (await models.bring_up_to_date()).trained


async def test_what_an_author_changes_in_the_config_while_it_trains_trains_again(bot: Path, models: Models) -> None:
    (bot / "config.yml").write_text("edited-while-training: true\n")
    await models.bring_up_to_date()
    assert (await models.bring_up_to_date()).trained


async def test_a_failed_training_says_why_and_keeps_the_old_model(bot: Path, models: Models) -> None:
    before = (await models.bring_up_to_date()).path
    (bot / "config.yml").write_text("broken: true\n")
    with pytest.raises(TrainingFailed, match="There is no component named 'Broken'") as failure:
        await models.bring_up_to_date()
    assert "Traceback" not in str(failure.value)
    assert models.newest() == before


async def test_a_training_that_was_killed_leaves_no_half_model(bot: Path, models: Models) -> None:
    half = bot / "models" / ".unfinished" / "unfinished.tar.gz"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    assert models.newest() is None
    assert (await models.bring_up_to_date()).path.read_bytes() == b"a model"
    assert not half.exists()


async def test_old_models_are_forgotten(bot: Path, models: Models) -> None:
    for number in range(KEPT_MODELS + 2):
        (bot / "domain.yml").write_text(f"intents: [greet{number}]\n")
        await models.bring_up_to_date()
    assert len(list((bot / "models").glob("*.tar.gz"))) == KEPT_MODELS
    assert trainings(bot) == KEPT_MODELS + 2
