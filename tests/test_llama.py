"""What a model has read: shared beginnings, saved states, and tokens guessed ahead. Nothing of it changes a word."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from rag.errors import GenerationFailed
from rag.fetching import GENERATOR, check
from rag.generation import LlamaCppGenerator
from rag.llama import Context, Drafter, Model, SavedStates
from rag.llama.drafting import FEW, MANY
from rag.protocols import Message
from tests.conftest import SEEDS

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
        assert states.get([1, 2, 3]) is None


def test_where_nothing_can_be_saved_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    states = SavedStates(tmp_path / "file", "model")
    states.put([1], b"state")
    assert states.get([1]) is None


def test_saved_states_do_not_pile_up(tmp_path: Path) -> None:
    states = SavedStates(tmp_path, "model")
    for i in range(40):
        states.put([i], b"state")
    assert len(list(tmp_path.iterdir())) < 20
    assert states.get([39]) == b"state"


@pytest.fixture(scope="module")
def model(models_dir: Path) -> Model:
    return Model(check(GENERATOR, models_dir))


@pytest.fixture
def context(model: Model) -> Iterator[Context]:
    made = Context(model, 512, 2)
    yield made
    made.close()


def text_of(model: Model, start: int, length: int = 60) -> list[int]:
    return model.tokens(ARTICLE, special=False)[start : start + length]


def after(context: Context, text: list[int]) -> tuple[int, np.ndarray]:
    known, logits = context.begin(text)
    return known, logits.copy()


@pytest.mark.models
def test_what_texts_share_is_read_once_and_changes_nothing(model: Model, context: Context) -> None:
    shared, one, other = text_of(model, 0), text_of(model, 100, 20), text_of(model, 200, 20)
    _, fresh = after(context, shared + other)
    again = Context(model, 512, 2)
    assert after(again, shared + one)[0] == 0
    known, branched = after(again, shared + other)
    assert known == len(shared)
    assert int(branched.argmax()) == int(fresh.argmax())
    assert np.abs(branched - fresh).max() < 1.0, "batches of other sizes round otherwise, no more"
    known, _ = after(again, [*shared, *one, 5])
    assert known == len(shared) + len(one), "the first text is still there"
    again.close()


@pytest.mark.models
def test_the_oldest_text_gives_way_when_there_is_no_more_room(model: Model, context: Context) -> None:
    texts = [text_of(model, start, 150) for start in (0, 20, 40, 60, 80)]
    for text in texts:
        assert after(context, text)[0] == 0
    assert context.knows(texts[-1])
    assert not context.knows(texts[0])
    assert after(context, texts[-1])[0] == len(texts[-1]) - 1


@pytest.mark.models
def test_a_text_longer_than_the_context_is_refused_and_others_go_on(model: Model, context: Context) -> None:
    with pytest.raises(GenerationFailed):
        context.begin([1] * 512)
    assert after(context, text_of(model, 0))[0] == 0


@pytest.mark.models
def test_a_restored_state_is_the_state(model: Model, context: Context) -> None:
    beginning, rest = text_of(model, 0), text_of(model, 100, 10)
    context.begin(beginning)
    state = context.state()
    _, expected = after(context, beginning + rest)
    other = Context(model, 512, 2)
    assert other.restore(beginning, state)
    known, logits = after(other, beginning + rest)
    assert known == len(beginning)
    assert np.abs(logits - expected).max() < 1e-3
    assert not other.restore(beginning, b"no state"), "what the library does not take is read"
    assert after(other, rest)[0] == 0
    other.close()


@pytest.mark.models
def test_a_system_message_is_read_once_for_all_processes(model: Model, tmp_path: Path) -> None:
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
def test_guessing_ahead_writes_what_step_by_step_would(model: Model) -> None:
    generator = LlamaCppGenerator(model.path)
    quick = "".join(token.text for token in generator.stream(COPYING, 80))
    context = Context(model, 4096, 2)
    prompt = list(chain(*generator._pieces(COPYING)))
    written: list[int] = []
    token = int(context.begin(prompt)[1].argmax())
    while len(written) < 80 and not model.ends(token):
        written.append(token)
        token = int(context.extend([token])[0].argmax())
    context.close()
    assert quick == b"".join(map(model.piece, written)).decode()
    assert len(written) > 30, "nothing was copied"
