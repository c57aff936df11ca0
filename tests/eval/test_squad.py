"""SQuAD files read in place: documents, spans, names, samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.cases.squad import load_squad, sample, write_documents
from eval.errors import MalformedSet
from eval.metrics.answers import right
from rag.corpus.article_files import read_corpus


def question(id_: str, *answers: tuple[str, int]) -> dict[str, Any]:
    given = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": id_, "question": f"Question {id_} ?", "answers": given}


DATA: dict[str, Any] = {
    "version": "1.1",
    "data": [
        {
            "title": "L'Été à Nice",
            "categorie": "Villes",
            "paragraphs": [
                {"context": "Il fait 30 degrés à Nice.", "qas": [question("q1", ("30 degrés", 8))]},
                {
                    "context": "Nice est en Provence. Nice est belle.",
                    # "Nice" is at 0 and at 22; the offset 20 is wrong, 22 is the nearest place.
                    "qas": [question("q2", ("Provence", 12), ("en Provence", 9)), question("q3", ("Nice", 20))],
                },
            ],
        },
        {"title": "L’été à Nice", "paragraphs": [{"context": "Rien.", "qas": []}]},
        {"title": "北京", "paragraphs": [{"context": "Pékin.", "qas": [question("q4")]}]},
    ],
}


def written(folder: Path, data: object) -> Path:
    path = folder / "squad.json"
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def test_documents_are_paragraphs_joined_and_named_by_title(tmp_path: Path) -> None:
    documents = load_squad(written(tmp_path, DATA)).documents
    assert documents == {
        "l_ete_a_nice_1.txt": "Il fait 30 degrés à Nice.\n\nNice est en Provence. Nice est belle.",
        # The typographic apostrophe has no ASCII form and goes without a trace.
        "lete_a_nice_1.txt": "Rien.",
        "x_1.txt": "Pékin.",
    }


def test_titles_that_are_spelt_alike_are_counted(tmp_path: Path) -> None:
    article = {"title": "Nice", "paragraphs": [{"context": "Nice.", "qas": [question("q", ("Nice", 0))]}]}
    again = {"title": "NICE !", "paragraphs": []}
    assert list(load_squad(written(tmp_path, {"data": [article, again]})).documents) == ["nice_1.txt", "nice_2.txt"]


def test_evidence_is_the_gold_span_in_the_document(tmp_path: Path) -> None:
    squad = load_squad(written(tmp_path, DATA))
    by_id = {case.id: case for case in squad.cases}
    assert list(by_id) == ["q1", "q2", "q3"]  # q4 has no answer
    for case in squad.cases:
        for piece in case.evidence:
            assert all(squad.documents[piece.file][start:end] == piece.quote for start, end in piece.spans)
    # The second paragraph starts at 25 + 2 = 27: "Provence" at 27 + 12, "Nice" at 27 + 22.
    assert [piece.spans for piece in by_id["q2"].evidence] == [((39, 47),), ((36, 47),)]
    assert [piece.spans for piece in by_id["q3"].evidence] == [((49, 53),)]


def test_cases_are_answerable_and_judged_by_gold(tmp_path: Path) -> None:
    case = load_squad(written(tmp_path, DATA)).cases[1]
    assert (case.answers, case.must_include, case.expected, case.lang) == (
        ("Provence", "en Provence"),
        (),
        "answer",
        "fr",
    )
    assert right(case, "La ville est en Provence.", answered=True) == 1
    assert right(case, "La ville est en Bretagne.", answered=True) == 0


def test_a_sample_is_fixed_by_its_seed(tmp_path: Path) -> None:
    cases = load_squad(written(tmp_path, DATA)).cases
    assert sample(cases, 2, 1) == sample(cases, 2, 1)
    assert len({sample(cases, 2, seed) for seed in range(20)}) > 1
    assert {case.id for case in sample(cases, 9, 1)} == {"q1", "q2", "q3"}


def test_documents_read_back_to_the_letter(tmp_path: Path) -> None:
    documents = dict(load_squad(written(tmp_path, DATA)).documents) | {"crlf_1.txt": "Un.\r\n\r\nDeux.\n"}
    write_documents(documents, tmp_path / "corpus")
    assert {article.document: article.text for article in read_corpus([tmp_path / "corpus"])} == documents


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ('{\n"data": [,]}', 2, "not JSON"),
        ('{"data": [{"title": "x"}]}', 1, '"data.0.paragraphs": Field required'),
        ('{"data": []}', 1, "no answered question"),
        (
            '{"data": [{"title": "x", "paragraphs": [{"context": "Un.", "qas": [\n{"id": "q", "question": "?",'
            ' "answers": [{"text": "Deux", "answer_start": 0}]}]}]}]}',
            2,
            "not to the letter",
        ),
    ],
)
def test_a_malformed_file_is_named(tmp_path: Path, content: str, line: int, reason: str) -> None:
    path = tmp_path / "squad.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(MalformedSet) as raised:
        load_squad(path)
    assert raised.value.fields["line"] == line
    assert reason in str(raised.value.fields["reason"])


def test_an_id_that_is_there_twice(tmp_path: Path) -> None:
    twice = [question("q", ("Un", 0)), question("q", ("Un", 0))]
    data = {"data": [{"title": "x", "paragraphs": [{"context": "Un.", "qas": twice}]}]}
    with pytest.raises(MalformedSet, match="twice"):
        load_squad(written(tmp_path, data))
