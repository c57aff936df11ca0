"""What a model has read: shared beginnings, saved states, and tokens guessed ahead. Nothing of it changes a word."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from rag.errors import GenerationFailed
from rag.fetching.download import GENERATOR, check
from rag.generation.llama import Context, Drafter, GgufModel, SavedStates
from rag.generation.llama.lookahead import FEW, MANY
from rag.generation.llama_cpp import LlamaCppGenerator
from rag.protocols import Message
from tests.support.paths import SEEDS

SYSTEM = Message("system", "Tu réponds en français, en une phrase, avec les mots du texte.")
ARTICLE = sorted(SEEDS.glob("*.txt"))[0].read_text(encoding="utf-8")[:1500]
COPYING = [SYSTEM, Message("user", f"{ARTICLE}\n\nRecopie mot pour mot les deux premières phrases de ce texte.")]


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ([], []),
        ([1], []),
        ([1, 2, 3, 4], []),
        ([1, 2, 9, 1, 2], []),  # two tokens match: too few
        ([1, 2, 3, 4, 5, 6, 1, 2, 3], [4, 5, 6]),
        ([1, 2, 3, 4, 1, 2, 3, 5, 1, 2, 3], [5, 1, 2]),  # the latest of two alike
        ([0, 1, 2, 3, 4, 9, 1, 2, 3, 5, 0, 1, 2, 3], [4, 9, 1]),  # the longer match
        ([7, 7, 7, 7], [7]),  # it may overlap itself
    ],
)
def test_a_guess_is_what_followed_the_longest_match(text: list[int], guess: list[int]) -> None:
    assert Drafter().propose(text) == guess


def test_more_is_guessed_while_guesses_come_true() -> None:
    drafter, text = Drafter(), [*range(40), *range(3)]
    sizes = []
    for right in (FEW, FEW, MANY, 0, FEW):
        sizes.append(len(drafter.propose(text)))
        drafter.accepted(right)
    assert sizes == [FEW, FEW, MANY, MANY, FEW]


def test_a_saved_state_is_found_again_whole_or_not_at_all(tmp_path: Path) -> None:
    states = SavedStates(tmp_path, "model a")
    states.put([1, 2, 3], b"state")
    assert states.get([1, 2, 3]) == b"state"
    assert states.get([1, 2]) is None
    assert SavedStates(tmp_path, "model b").get([1, 2, 3]) is None
    (file,) = tmp_path.iterdir()
    for damaged in (b"", file.read_bytes()[:-1], file.read_bytes() + b"x"):
        file.write_bytes(damaged)
        assert SavedStates(tmp_path, "model a").get([1, 2, 3]) is None
        assert states.get([1, 2, 3]) == b"state", "what is in memory is not read again"


def test_where_nothing_can_be_saved_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    states = SavedStates(tmp_path / "file", "model")
    states.put([1], b"state")
    assert SavedStates(tmp_path / "file", "model").get([1]) is None


def test_saved_states_do_not_pile_up(tmp_path: Path) -> None:
    states = SavedStates(tmp_path, "model")
    for i in range(40):
        states.put([i], b"state")
    assert len(list(tmp_path.iterdir())) < 20
    assert states.get([39]) == b"state"
    assert states.get([0]) is None


@pytest.fixture(scope="module")
def model(models_dir: Path) -> GgufModel:
    return GgufModel(check(GENERATOR, models_dir))


@pytest.fixture
def context(model: GgufModel) -> Iterator[Context]:
    made = Context(model, 512, 2)
    yield made
    made.close()


def text_of(model: GgufModel, start: int, length: int = 60) -> list[int]:
    return model.tokens(ARTICLE, special=False)[start : start + length]


@pytest.mark.models
def test_a_restored_state_is_the_state_to_the_last_bit(model: GgufModel, context: Context) -> None:
    beginning, rest = text_of(model, 0), text_of(model, 100, 10)
    context.extend(beginning)
    state = context.state()
    expected = context.extend(rest).copy()
    context.clear()
    context.extend(text_of(model, 200))
    assert not context.begins_with(beginning)
    assert context.restore(beginning, state)
    assert context.begins_with(beginning)
    assert np.array_equal(context.extend(rest), expected)
    context.cut(len(beginning))
    assert np.array_equal(context.extend(rest), expected), "what was cut off left nothing behind"
    assert not context.restore(beginning, b"no state"), "what the library does not take is read"
    assert not context.begins_with(beginning)


@pytest.mark.models
def test_more_than_there_is_room_for_is_refused_and_others_go_on(model: GgufModel, context: Context) -> None:
    with pytest.raises(GenerationFailed):
        context.extend([1] * 600)
    assert context.extend(text_of(model, 0)).shape == (1, model.size)


@pytest.mark.models
def test_what_was_asked_before_changes_nothing(model: GgufModel) -> None:
    asked = [SYSTEM, Message("user", f"{ARTICLE[:600]}\n\nDe quoi parle ce texte ?")]
    generator = LlamaCppGenerator(model.path)
    first = (list(generator.stream(asked, 30)), generator.score_choices(asked, ["Oui", "Non"]))
    for before in (asked[1].content[:200], "Bonjour"):
        list(generator.stream([Message("system", "Réponds."), Message("user", before)], 5))
        list(generator.stream([SYSTEM, Message("user", before)], 5))
        again = list(generator.stream(asked, 30))
        assert [token.text for token in again] == [token.text for token in first[0]]
        assert again[-1].reused_tokens > 0
        assert generator.score_choices(asked, ["Oui", "Non"]) == first[1]


@pytest.mark.models
def test_a_system_message_is_read_once_for_all_processes(model: GgufModel, tmp_path: Path) -> None:
    asked = [SYSTEM, Message("user", "Quelle est la capitale de la France ?")]
    counts, texts = [], []
    for _ in range(2):
        generator = LlamaCppGenerator(model.path, states=tmp_path)
        tokens = list(generator.stream(asked, 12))
        counts.append(tokens[-1].reused_tokens)
        texts.append("".join(token.text for token in tokens))
    assert counts[0] == 0
    assert counts[1] > 20
    assert texts[0] == texts[1]


@pytest.mark.models
def test_guessing_ahead_writes_what_step_by_step_would(model: GgufModel) -> None:
    generator = LlamaCppGenerator(model.path)
    quick = "".join(token.text for token in generator.stream(COPYING, 80))
    context = Context(model, 4096, 2)
    pieces = generator._pieces(COPYING)
    written: list[int] = []
    context.extend(list(chain(*pieces[:3])))  # in the pieces in which the generator reads it: others round otherwise
    token = int(context.extend(list(chain(*pieces[3:])))[0].argmax())
    while len(written) < 80 and not model.ends(token):
        written.append(token)
        token = int(context.extend([token])[0].argmax())
    context.close()
    assert quick == b"".join(map(model.piece, written)).decode()
    assert len(written) > 30, "nothing was copied"
