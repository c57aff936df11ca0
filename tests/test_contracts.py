"""What the command line prints as JSON is what DESIGN promises, and every offset and marker in it holds.

The schemas ask for the promised keys and types and let others be added.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rag import cli
from rag.answering.pipeline import Pipeline
from rag.config import Settings
from rag.contracts import BadRequest, BatchLine, answer_object, dump, hits_object, parse_history, parse_request
from rag.domain import EVERYTHING, Scope, Shown, Turn
from rag.embedding.cross_encoder import CrossEncoderReranker
from rag.retrieval.evidence import EVIDENCE_PASSAGES
from rag.retrieval.retriever import Retriever
from rag.store.index import open_index
from tests.support.commands import QUESTION, build_bag_index, run_rag
from tests.support.contract_checks import Object, check_answer, check_hits, schema
from tests.support.doubles import BagEmbedder, OverlapReader, ScriptedGenerator
from tests.support.tiny_reranker import make_model

OFF_TOPIC = "Quelle est la recette de la tarte aux pommes ?"


def objects(stdout: str) -> list[Object]:
    assert stdout.endswith("\n")
    return [json.loads(line) for line in stdout[:-1].split("\n")]


# Without models


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    target = tmp_path_factory.mktemp("bag") / "index"
    build_bag_index(target)
    return Retriever(open_index(target), BagEmbedder(), reader=OverlapReader())


@pytest.fixture(scope="module")
def answer(retriever: Retriever) -> Object:
    best = [hit.passage.text for hit in retriever.evidence(QUESTION, 2)]
    pipeline = Pipeline(retriever, BagEmbedder(), ScriptedGenerator(" ".join(best)), Settings(answer_threshold=0.0))
    made: Object = json.loads(dump(answer_object(pipeline.ask(QUESTION), "q1")))
    return made


@pytest.fixture(scope="module")
def found(retriever: Retriever) -> Object:
    first, *others = retriever.search(QUESTION, 3)
    span = first.passage.start, first.passage.end
    first = replace(first, also=(others[0].passage, others[1].passage), answer=span)
    shown = Shown((first, *others), 0.5, ("no_word_found",))
    made: Object = json.loads(dump(hits_object(QUESTION, shown, 1, explain=True)))
    return made


def test_answers_and_hits_of_the_doubles(answer: Object, found: Object, retriever: Retriever) -> None:
    assert answer["answered"]
    check_answer(answer)
    check_hits(found, 3)
    assert found["hits"][0]["parts"]
    assert [one["document"] for one in found["hits"][0]["also"]] == [hit["document"] for hit in found["hits"][1:]]
    assert not any("also" in hit for hit in found["hits"][1:])
    assert hits_object(QUESTION, Shown(()), 1).keys() == {"id", "question", "hits"}
    check_hits(hits_object(QUESTION, Shown(tuple(retriever.evidence(QUESTION, 4))), "x"), 4)
    unsure = Pipeline(retriever, BagEmbedder(), ScriptedGenerator(yes=0.01), Settings(answer_threshold=1.0))
    refusal = answer_object(unsure.ask(QUESTION), 2)
    assert not refusal["answered"]
    check_answer(json.loads(dump(refusal)))


def _paths(value: object, path: tuple[str | int, ...] = ()) -> Iterable[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from _paths(inner, (*path, key))
    elif isinstance(value, list) and value:
        yield from _paths(value[0], (*path, 0))


def _changed(value: Object, path: tuple[str | int, ...], change: Callable[[Any, Any], None]) -> Object:
    inner: Any = copy.deepcopy(value)
    whole = inner
    for step in path[:-1]:
        inner = inner[step]
    change(inner, path[-1])
    return dict(whole)


def _remove(holder: Any, key: Any) -> None:
    del holder[key]


def _falsify(holder: Any, key: Any) -> None:
    holder[key] = {"unheard": "of"} if not isinstance(holder[key], dict) else "text"


def _extend(holder: Any, key: Any) -> None:
    if isinstance(holder[key], dict):
        holder[key]["added"] = True


def test_the_schemas_mean_what_they_say(answer: Object, found: Object) -> None:
    """Every promised key is needed, every key has its type, and others may be added."""
    optional = {
        ("confidence",),
        ("conflict",),
        ("short_answer",),
        ("answerable",),
        ("notices",),
        *(("hits", 0, name) for name in ("source", "parts", "also", "answer")),
    }
    for name, value in (("answer", answer), ("search", found)):
        for path in _paths(value):
            if "parts" in path[:-1]:
                continue
            assert not schema(name).is_valid(_changed(value, path, _falsify)), path
            assert schema(name).is_valid(_changed(value, path, _remove)) == (path in optional), path
            if path[-1] != "parts":
                assert schema(name).is_valid(_changed(value, path, _extend)), path
        assert schema(name).is_valid(value | {"added": 1})
    assert not schema("answer").is_valid(answer | {"answered": False})
    assert not schema("answer").is_valid(answer | {"citations": []})
    assert not schema("answer").is_valid(answer | {"answer": " "})


def test_a_line_of_json_holds_any_text() -> None:
    for text in ("l’été à Kyïv", "\u2028\x85\x0b", "\U0001f600", "half \ud83d of a pair"):
        line = dump({"text": text})
        assert "\n" not in line
        assert json.loads(line.encode("utf-8")) == {"text": text}
    assert "été" in dump({"text": "été"})


def test_requests() -> None:
    assert parse_request('{"question": "et ?"}', 7) == BatchLine(7, "et ?", (), EVERYTHING)
    line = '{"id": 3, "question": "et ?", "history": null, "since": null, "sources": null, "more": 1}'
    assert parse_request(line, 7) == BatchLine(3, "et ?", (), EVERYTHING)
    line = '{"id": "a", "question": "et ?", "history": [{"question": "q", "answer": "a", "more": 1}]}'
    assert parse_request(line, 7) == BatchLine("a", "et ?", (Turn("q", "a"),), EVERYTHING)


def test_the_filters_of_a_request_win_over_those_of_all() -> None:
    september = Scope(sources=("AFP",), since=date(2025, 9, 1), until=date(2025, 9, 30))
    assert parse_request('{"question": "et ?"}', 7, september).scope == september
    line = {"question": "et ?", "since": "2025-10", "documents": ["a*", "b.txt"], "languages": ["fr"], "sources": []}
    expected = Scope(("a*", "b.txt"), ("AFP",), ("fr",), date(2025, 10, 1), None)
    assert parse_request(json.dumps(line), 7, september).scope == expected
    line = {"question": "et ?", "date": "2024", "until": "2024-06", "sources": ["Reuters"]}
    assert parse_request(json.dumps(line), 7, september).scope == Scope(
        sources=("Reuters",), since=date(2024, 1, 1), until=date(2024, 6, 30)
    )


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", '"q"', "{}", '{"question": null}', "[" * 100_000, "1" * 5_000, '{"id": true, "question": "et ?"}']
    + [f'{{"question": "et ?", "history": {history}}}' for history in ('""', "0", "{}", '["q"]', '[{"question": 1}]')]
    + [f'{{"question": "et ?", {filter_}}}' for filter_ in ('"since": 2025', '"until": []', '"date": false')]
    + [f'{{"question": "et ?", {filter_}}}' for filter_ in ('"sources": "AFP"', '"documents": [1]', '"languages": 0')],
)
def test_requests_that_are_none(line: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_request(line, 1)
    assert caught.value.text("en") == str(caught.value) != caught.value.text("fr")


def test_a_history_that_is_none() -> None:
    with pytest.raises(BadRequest):
        parse_history({"question": "q", "answer": "a"})


# With them


@pytest.mark.models
def test_ask_in_batch(tmp_path: Path, real_settings: Settings) -> None:
    requests: list[Object] = [
        {"id": "b", "question": QUESTION},
        {"id": "a", "question": OFF_TOPIC},
        {"question": "Et les États-Unis ?", "history": [{"question": QUESTION, "answer": "Trois conditions."}]},
        {"id": 12, "question": "How many countries are ready to take part in a reassurance force?"},
    ]
    (tmp_path / "q.jsonl").write_text("\ufeff" + "\n\n".join(map(json.dumps, requests)), encoding="utf-8")
    models = {"RAG_INDEX": str(real_settings.index), "RAG_MODELS_DIR": str(real_settings.models_dir)}
    done = run_rag("ask", "--batch", "q.jsonl", cwd=tmp_path, **models)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    answers = objects(done.stdout)
    assert [answer["id"] for answer in answers] == ["b", "a", 5, 12]  # its line, where a line has no id
    assert [answer["question"] for answer in answers] == [request["question"] for request in requests]
    for answer in answers:
        check_answer(answer)
    assert [answer["language"] for answer in answers] == ["fr", "fr", "fr", "en"]
    assert answers[0]["answered"]
    assert not answers[1]["answered"]


@pytest.mark.models
def test_ask_once(real_settings: Settings) -> None:
    done = _in_process(real_settings, "ask", "--json", QUESTION, "-k", "3")
    (answer,) = objects(done)
    check_answer(answer)
    assert answer["id"] == 1
    assert answer["question"] == QUESTION
    assert len(answer["passages"]) == 3


@pytest.mark.models
@pytest.mark.parametrize("flags", [[], ["--evidence"]])
def test_search(flags: list[str], real_settings: Settings, tmp_path: Path) -> None:
    (found,) = objects(_in_process(real_settings, "search", "--json", QUESTION, "-k", "4", *flags))
    check_hits(found, 4)
    assert found["id"] == 1
    requests = [{"id": "z", "question": QUESTION}, {"id": "y", "question": OFF_TOPIC}]
    (tmp_path / "q.jsonl").write_text("".join(f"{dump(request)}\r\n" for request in requests), encoding="utf-8")
    batch = objects(_in_process(real_settings, "search", "--batch", str(tmp_path / "q.jsonl"), "-k", "4", *flags))
    for one in batch:
        check_hits(one, 4)
    assert [one["id"] for one in batch] == ["z", "y"]
    assert batch[0]["hits"] == found["hits"]
    if flags:
        k = str(EVIDENCE_PASSAGES)
        passages = objects(_in_process(real_settings, "search", "--json", QUESTION, "-k", k))[0]["hits"]
        inside = [
            any(p["document"] == s["document"] and p["start"] <= s["start"] and s["end"] <= p["end"] for p in passages)
            for s in found["hits"]
        ]
        assert all(inside)


@pytest.mark.models
def test_search_from_a_given_day_on(real_settings: Settings) -> None:
    arguments = ("search", "--json", "Qu'a annoncé Macron hier ?", "--explain", "-k", "20", "--today")
    (found,) = objects(_in_process(real_settings, *arguments, "2025-09-05"))
    asked_for = [hit["parts"]["period"] for hit in found["hits"] if hit["date"] == "2025-09-04"]
    assert asked_for and all(asked_for)
    # An article of another day may speak of that one, but not every passage does.
    assert not all(hit["parts"]["period"] for hit in found["hits"])
    (found,) = objects(_in_process(real_settings, *arguments, "2024-02-29"))
    assert not any(hit["parts"]["period"] for hit in found["hits"])


@pytest.mark.models
def test_search_with_a_reranker(real_settings: Settings, tmp_path: Path) -> None:
    folder = make_model(tmp_path / "tiny")
    (found,) = objects(_in_process(real_settings, "search", "--json", QUESTION, "--explain", "--reranker", str(folder)))
    check_hits(found, real_settings.passages)
    expected = CrossEncoderReranker(folder).scores(QUESTION, [hit["text"] for hit in found["hits"]])
    assert [hit["parts"]["reranker"] for hit in found["hits"]] == pytest.approx(list(expected), abs=1e-3)


def _in_process(settings: Settings, *arguments: str) -> str:
    """Standard output of a command that succeeds; in this process, where the libraries are loaded already."""
    models = {"RAG_INDEX": str(settings.index), "RAG_MODELS_DIR": str(settings.models_dir)}
    done = CliRunner().invoke(cli.rag, arguments, env=models, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    assert done.stderr == ""
    return done.stdout
