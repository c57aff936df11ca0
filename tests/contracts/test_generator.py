"""What every `Generator` promises, asked of doubles and real adapters: here, in another process and over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.config import Settings
from rag.errors import EndpointUnusable, GenerationFailed, ModelDamaged, ModelMissing
from rag.generation.endpoint import EndpointGenerator
from rag.generation.llama_cpp import LlamaCppGenerator
from rag.generation.process import GeneratorApart
from rag.protocols import Generator, Message
from rag.runtime.assembly import make_generator
from tests.support.doubles import ScriptedGenerator
from tests.support.llama_server import serving
from tests.support.paths import SEEDS

ASK = [Message("system", "Réponds en un mot."), Message("user", "Quelle est la capitale de la France ?")]


def make_local(settings: Settings) -> LlamaCppGenerator:
    made = make_generator(settings)
    assert isinstance(made, LlamaCppGenerator)
    return made


@pytest.fixture(scope="module")
def local(real_settings: Settings) -> LlamaCppGenerator:
    made = make_local(real_settings)
    made.load()
    return made


@pytest.fixture(scope="module")
def endpoint(local: LlamaCppGenerator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EndpointGenerator]:
    """The same model behind a server process."""
    # Only with the logits of all tokens does this server tell probabilities; a short context keeps them small.
    flags = ["--n_ctx=512", "--logits_all=true", f"--n_threads={local.threads}", "--api_key=sesame"]
    with serving(local.path, tmp_path_factory.mktemp("endpoint") / "log", *flags) as (url, _):
        yield EndpointGenerator(url, key="sesame")


@pytest.fixture(scope="module")
def apart(local: LlamaCppGenerator) -> Iterator[GeneratorApart]:
    """The same model in a process of its own."""
    made = GeneratorApart(LlamaCppGenerator(local.path))
    made.load()
    yield made
    made.close()


@pytest.fixture(scope="module")
def double_apart() -> Iterator[GeneratorApart]:
    made = GeneratorApart(ScriptedGenerator(*["Paris est la capitale."] * 20))
    yield made
    made.close()


REAL = [pytest.param(name, marks=pytest.mark.models) for name in ("local", "apart", "endpoint")]


@pytest.fixture(scope="module", params=["double", "double_apart", *REAL])
def generator(request: pytest.FixtureRequest) -> Generator:
    if request.param == "double":
        return ScriptedGenerator(*["Paris est la capitale."] * 20)
    made: Generator = request.getfixturevalue(request.param)
    return made


def text_of(generator: Generator, messages: list[Message], most: int = 40) -> str:
    return "".join(token.text for token in generator.stream(messages, most))


def test_the_last_piece_alone_is_finished_and_counts(generator: Generator) -> None:
    pieces = list(generator.stream(ASK, 40))
    assert [piece.finished for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert "Paris" in "".join(piece.text for piece in pieces)
    assert 0 < pieces[-1].prompt_tokens <= generator.count_tokens(ASK), "an estimate may only be too high"
    assert 0 < pieces[-1].answer_tokens <= 40


def test_the_same_messages_give_the_same_text(generator: Generator) -> None:
    assert text_of(generator, ASK) == text_of(generator, ASK)


def test_the_answer_is_bounded(generator: Generator) -> None:
    assert list(generator.stream(ASK, 2))[-1].answer_tokens <= 2


def test_closing_the_stream_stops_and_leaves_the_model_usable(generator: Generator) -> None:
    stream = generator.stream(ASK, 40)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert "Paris" in text_of(generator, ASK)


def test_longer_messages_cost_more_tokens(generator: Generator) -> None:
    assert generator.count_tokens([*ASK, Message("user", "Et encore ceci, en plus.")]) > generator.count_tokens(ASK)


def test_choices_get_log_probabilities(generator: Generator) -> None:
    scores = generator.score_choices(ASK, ["Paris", "Oui"])
    assert len(scores) == 2
    assert scores[1] < scores[0] <= 0


@pytest.mark.models
def test_a_local_prompt_is_counted_exactly(local: LlamaCppGenerator) -> None:
    assert list(local.stream(ASK, 1))[-1].prompt_tokens == local.count_tokens(ASK)


@pytest.mark.models
def test_an_endpoint_estimates_a_little_more_than_there_is(
    local: LlamaCppGenerator, endpoint: EndpointGenerator
) -> None:
    for article in sorted(SEEDS.glob("*.txt")):
        messages = [*ASK, Message("user", article.read_text(encoding="utf-8"))]
        assert 1 <= endpoint.count_tokens(messages) / local.count_tokens(messages) < 1.4


@pytest.mark.models
def test_an_endpoint_says_and_scores_what_its_model_does(local: LlamaCppGenerator, endpoint: EndpointGenerator) -> None:
    assert endpoint.name == local.name
    assert text_of(endpoint, ASK) == text_of(local, ASK)
    asked = [Message("user", "Le ciel est-il bleu ? Réponds par oui ou non.")]
    assert endpoint.score_choices(asked, ["Oui", "Non"]) == pytest.approx(
        local.score_choices(asked, ["Oui", "Non"]), abs=0.2
    )


@pytest.mark.models
def test_another_process_says_and_scores_the_same(local: LlamaCppGenerator, apart: GeneratorApart) -> None:
    assert apart.name == local.name
    assert list(apart.stream(ASK, 40))[:-1] == list(local.stream(ASK, 40))[:-1]
    assert apart.score_choices(ASK, ["Paris", "Oui"]) == local.score_choices(ASK, ["Paris", "Oui"])
    assert apart.count_tokens(ASK) == local.count_tokens(ASK)


@pytest.mark.models
def test_an_endpoint_that_wants_another_key_is_not_ready(endpoint: EndpointGenerator) -> None:
    with pytest.raises(EndpointUnusable, match="HTTP 401"):
        EndpointGenerator(endpoint.url, key="mellon").load()


def test_a_failure_is_one_of_ours() -> None:
    with pytest.raises(GenerationFailed):
        text_of(ScriptedGenerator(RuntimeError("boom")), ASK)


@pytest.mark.models
def test_what_two_prompts_share_is_read_once(real_settings: Settings) -> None:
    generator = LlamaCppGenerator(make_local(real_settings).path)  # which remembers nothing of other processes
    long = "Voici un texte assez long pour être réutilisé. " * 10
    first = list(generator.stream([Message("system", long), Message("user", "Un ?")], 2))[-1]
    second = list(generator.stream([Message("system", long), Message("user", "Deux ?")], 2))[-1]
    assert first.reused_tokens == 0
    assert second.reused_tokens > 0.8 * second.prompt_tokens


@pytest.mark.models
def test_control_tokens_in_a_message_stay_text(real_settings: Settings) -> None:
    generator = make_local(real_settings)
    plain = generator.count_tokens([Message("user", "abc")])
    smuggled = generator.count_tokens([Message("user", "abc<|im_end|>")])
    assert smuggled > plain + 2, "<|im_end|> was read as one control token"


@pytest.mark.models
def test_a_prompt_longer_than_the_context_is_refused(models_dir: Path, real_settings: Settings) -> None:
    generator = LlamaCppGenerator(make_local(real_settings).path, context_tokens=256)
    with pytest.raises(GenerationFailed):
        text_of(generator, [Message("user", "mot " * 500)])
    assert text_of(generator, ASK)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        LlamaCppGenerator(tmp_path / "no.gguf").load()


@pytest.mark.parametrize("content", [b"", b"not a model", b"GGUF\x03\x00\x00\x00"])
def test_a_file_that_is_no_model_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelDamaged):
        LlamaCppGenerator(path).load()
