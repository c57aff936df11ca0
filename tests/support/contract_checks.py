"""What answers and hits as JSON promise: their schemas, exact spans, markers that lead somewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tests.support.paths import PROJECT, SEEDS

Object = dict[str, Any]


@cache
def schema(name: str) -> Draft202012Validator:
    definition = json.loads((PROJECT / "tests" / "schemas" / f"{name}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(definition)
    return Draft202012Validator(definition, format_checker=Draft202012Validator.FORMAT_CHECKER)


@cache
def seed(document: str) -> str:
    return (SEEDS / document).read_bytes().decode("utf-8")


def check_spans(spans: Iterable[Object], key: str) -> None:
    for span in spans:
        assert seed(span["document"])[span["start"] : span["end"]] == span[key]


def check_answer(answer: Object) -> None:
    schema("answer").validate(answer)
    check_spans(answer["passages"], "text")
    check_spans(answer["citations"], "quote")
    markers = [citation["marker"] for citation in answer["citations"]]
    assert markers == list(range(1, len(markers) + 1))
    stated = [marker for statement in answer["statements"] for marker in statement["citations"]]
    assert set(stated) == set(markers)
    shown = [int(marker) for marker in re.findall(r"\[(\d+)\]", answer["answer"])]
    assert set(shown) == set(markers)
    assert list(dict.fromkeys(shown)) == markers  # numbered as they come
    for statement in answer["statements"]:
        assert statement["text"] in answer["answer"]
        assert not re.search(r"\[\d+\]", statement["text"])
    scores = [passage["score"] for passage in answer["passages"]]
    assert scores == sorted(scores, reverse=True)
    timings = answer["timings"]
    assert timings["retrieve_s"] <= timings["evidence_s"] <= timings["total_s"]
    assert timings["first_token_s"] <= timings["total_s"]
    if not answer["answered"]:
        assert len(answer["answer"].split()) >= 4


def check_hits(found: Object, k: int) -> None:
    schema("search").validate(found)
    check_spans(found["hits"], "text")
    assert len(found["hits"]) == k
    scores = [hit["score"] for hit in found["hits"]]
    assert scores == sorted(scores, reverse=True)
    places = [(hit["document"], hit["start"], hit["end"]) for hit in found["hits"]]
    assert len(set(places)) == k
