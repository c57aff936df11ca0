"""Loading a set: the seeds' own loads whole, and whatever is wrong with one is told with its line."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from eval.cases.sets import corpus_fingerprint, half_of, load_set, places
from eval.errors import MalformedSet
from eval.metrics.answers import right
from rag.corpus.article_files import read_corpus
from rag.errors import FileUnreadable, PathMissing
from tests.support.paths import PROJECT

CORPUS = {"a.txt": "Paris est calme. Berlin dort. Paris est calme.", "b.txt": "L’été, « enfin »."}
GOOD: dict[str, Any] = {
    "id": "1",
    "question": "Où est-ce calme ?",
    "lang": "fr",
    "type": "fact",
    "history": [{"question": "Bonjour", "answer": "Bonjour."}],
    "answerable": True,
    "expected": "answer",
    "answers": ["À Paris."],
    "must_include": [["Paris", "capitale"]],
    "must_not_include": ["Berlin"],
    "evidence": [{"file": "a.txt", "quote": "Paris est calme."}],
}


def written(folder: Path, *lines: object) -> Path:
    path = folder / "set.jsonl"
    text = "\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
    path.write_bytes(text.encode("utf-8"))
    return path


def test_the_set_of_the_seeds_is_sound() -> None:
    corpus = {article.document: article.text for article in read_corpus([PROJECT / "seeds"])}
    cases = load_set(PROJECT / "eval" / "sets" / "seeds.jsonl", corpus)
    assert len({case.id for case in cases}) == len(cases) > 200
    assert 0.4 < sum(case.half == "tune" for case in cases) / len(cases) < 0.6
    for case in cases:
        for piece in case.evidence:
            assert all(corpus[piece.file][start:end] == piece.quote for start, end in piece.spans)
        # What the set itself gives as an answer passes its own rule.
        assert right(case, " ".join(case.answers[:1]), answered=bool(case.answers)) == 1, case.id


def test_every_field_arrives(tmp_path: Path) -> None:
    (case,) = load_set(written(tmp_path, GOOD, "", "  "), CORPUS)
    assert (case.id, case.question, case.lang, case.type) == ("1", "Où est-ce calme ?", "fr", "fact")
    assert (case.answerable, case.expected) == (True, "answer")
    assert case.history == ({"question": "Bonjour", "answer": "Bonjour."},)
    assert (case.answers, case.must_include) == (("À Paris.",), (("Paris", "capitale"),))
    assert case.must_not_include == ("Berlin",)
    (piece,) = case.evidence
    # "Paris est calme." has 16 letters and is at 0 and again after "Paris est calme. Berlin dort. " (17 + 13).
    assert (piece.file, piece.quote, piece.spans) == ("a.txt", "Paris est calme.", ((0, 16), (30, 46)))


def test_line_separators_within_a_text_end_no_line(tmp_path: Path) -> None:
    (case,) = load_set(written(tmp_path, GOOD | {"question": "Où\u2028donc\x85 ?"}), CORPUS)
    assert case.question == "Où\u2028donc\x85 ?"


def test_further_keys_are_passed_over(tmp_path: Path) -> None:
    assert len(load_set(written(tmp_path, GOOD | {"note": "à revoir"}), CORPUS)) == 1


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in GOOD.items() if name != key}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{", "not JSON at column 2"),
        ("[]", "not an object"),
        pytest.param("[" * 100_000, "nested too deeply", id="deep"),
        ("1" * 5_000, "digits"),
        *[(without(key), f'"{key}": Field required') for key in GOOD],
        (GOOD | {"id": 7}, '"id": Input should be a valid string'),
        (GOOD | {"id": " "}, '"id": an empty text'),
        (GOOD | {"answerable": 1}, '"answerable": Input should be a valid boolean'),
        (GOOD | {"answers": "À Paris."}, '"answers": Input should be a valid list'),
        (GOOD | {"lang": "français"}, '"lang"'),
        (GOOD | {"expected": "maybe"}, '"expected"'),
        (GOOD | {"history": [{"question": "Et ?"}]}, '"history.0.answer": Field required'),
        (GOOD | {"must_include": ["Paris"]}, '"must_include.0"'),
        (GOOD | {"must_include": [[]]}, "can never be met"),
        (GOOD | {"must_include": [["\u00a0"]]}, '"must_include.0.0": an empty text'),
        (GOOD | {"must_not_include": [""]}, '"must_not_include.0": an empty text'),
        (GOOD | {"expected": "refuse"}, '"answerable" is true but "expected" is "refuse"'),
        (GOOD | {"answerable": False}, '"answerable" is false but "expected" is "answer"'),
        (GOOD | {"evidence": [{"file": "c.txt", "quote": "x"}]}, 'the corpus has no file "c.txt"'),
        (GOOD | {"evidence": [{"file": "a.txt", "quote": ""}]}, '"evidence.0.quote": an empty text'),
        (GOOD | {"evidence": [{"file": "a.txt", "quote": "paris est calme."}]}, 'not to the letter in "a.txt"'),
        (GOOD | {"evidence": [{"file": "b.txt", "quote": "L'été"}]}, 'not to the letter in "b.txt"'),
        (GOOD, 'the id "1" is there twice'),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, bad: object, reason: str) -> None:
    path = written(tmp_path, GOOD, "", bad)
    with pytest.raises(MalformedSet) as raised:
        load_set(path, CORPUS)
    assert (raised.value.exit_code, raised.value.fields["path"], raised.value.fields["line"]) == (5, path, 3)
    assert reason.lower() in str(raised.value.fields["reason"]).lower()
    assert "ligne 3" in raised.value.message("fr") and "line 3" in raised.value.message("en")


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(json.dumps(GOOD).encode() + b'\n{"id": "\xe9"}')
    with pytest.raises(MalformedSet, match="line 2: not UTF-8 at byte 9"):
        load_set(path, CORPUS)


def test_an_empty_set_is_malformed(tmp_path: Path) -> None:
    with pytest.raises(MalformedSet, match="no case"):
        load_set(written(tmp_path, "", " "), CORPUS)


@pytest.mark.parametrize(("name", "kind"), [("absent.jsonl", PathMissing), ("", FileUnreadable)])
def test_what_cannot_be_read(tmp_path: Path, name: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        load_set(tmp_path / name, CORPUS)


def test_half_is_by_the_first_byte_of_the_hash() -> None:
    # SHA-256 of "a" is ca978112…, even; of "e" 3f79bb7b…, odd.
    assert sha256(b"a").hexdigest().startswith("ca") and sha256(b"e").hexdigest().startswith("3f")
    assert [half_of(id_) for id_ in "ae"] == ["tune", "test"]


def test_places_may_overlap() -> None:
    assert places("aa", "aaa") == ((0, 2), (1, 3))


@pytest.mark.parametrize(
    "change",
    [
        lambda corpus: corpus | {"a.txt": corpus["a.txt"] + " "},
        lambda corpus: corpus | {"c.txt": ""},
        lambda corpus: {"a.txt": corpus["b.txt"], "b.txt": corpus["a.txt"]},
        lambda corpus: {"a.txtP": corpus["a.txt"][1:], "b.txt": corpus["b.txt"]},
    ],
)
def test_fingerprint_sees_every_change(change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    assert corpus_fingerprint(change(CORPUS)) != corpus_fingerprint(CORPUS)


def test_fingerprint_does_not_see_the_order() -> None:
    assert corpus_fingerprint(dict(reversed(CORPUS.items()))) == corpus_fingerprint(CORPUS)
