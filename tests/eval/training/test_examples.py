"""What the reader is shown: answers where they are said to be, and nothing that answers among what does not."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

from eval.errors import MalformedSet
from eval.training.examples import Examples, Recipe
from eval.training.material import FILES, Material, load_material
from eval.training.mining import Finding, Mined
from eval.training.tampering import changed, names_in, typed
from rag.domain import Passage
from tests.support.tiny_base import encode

PARAGRAPHS = [
    ("Berlin a posé trois conditions en 2025. Elle veut un mandat clair du Bundestag. Olaf Scholz l'a dit jeudi.",
     "Qui veut un mandat selon Olaf Scholz ?", "un mandat clair"),
    ("La Chine a organisé un défilé à Pékin. Vladimir Poutine y était. Vingt-six pays ont envoyé un ministre.",
     "Où la Chine a-t-elle organisé un défilé ?", "Pékin"),
]  # fmt: skip


def write_bench(folder: Path) -> Path:
    """A folder of data with two articles a file."""
    folder.mkdir()
    for file in FILES:
        articles = []
        for number in range(8):
            paragraphs = []
            for place, (context, question, answer) in enumerate(PARAGRAPHS):
                asked = {
                    "id": f"{file[:5]}{number}.{place}",
                    "question": question,
                    "answers": [{"text": answer, "answer_start": context.index(answer)}],
                }
                paragraphs.append({"context": context, "qas": [asked]})
            articles.append({"title": f"Titre_{number}", "paragraphs": paragraphs})
        content = json.dumps({"data": articles}).encode()
        (folder / file).write_bytes(gzip.compress(content) if file.endswith(".gz") else content)
    return folder


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return load_material(write_bench(tmp_path_factory.mktemp("data") / "bench"))


def mined_of(material: Material) -> Mined:
    """Each paragraph as a passage, all of them found for each question, those of its articles first."""
    passages: dict[int, Passage] = {}
    for document, text in material.documents.items():
        place = 0
        for paragraph in text.split("\n\n"):
            id_ = len(passages)
            passages[id_] = Passage(id_, document, place, place + len(paragraph), paragraph, "", None, None)
            place += len(paragraph) + 2
    found = {}
    for question in material.questions:
        homes = {document for places in question.answers.values() for document, _, _ in places}
        ranked = sorted(passages, key=lambda id_: passages[id_].document not in homes)
        for language in question.text:
            found[question.id, language] = Finding(tuple(ranked), tuple(-float(i) for i in ranked), ())
    return Mined(passages, found)


@pytest.fixture(scope="module")
def examples(material: Material) -> Examples:
    return Examples(material, mined_of(material), encode, Recipe(emptied=0.4, same_article=0.4, changed=1.0), seed=1)


def test_an_article_is_held_out_with_all_its_questions(material: Material) -> None:
    held = {question.article for question in material.questions if question.held_out}
    assert held and held.isdisjoint(question.article for question in material.questions if not question.held_out)
    assert material.titles["piaf_dev_fr_titre_3_1.txt"] == "Titre 3"


def test_the_same_question_in_several_languages_is_one(material: Material) -> None:
    several = [question for question in material.questions if len(question.text) > 1]
    assert several and all(set(question.text) == {"en", "de", "es"} == set(question.answers) for question in several)


def test_answers_stand_where_they_are_said_to_stand(examples: Examples) -> None:
    answers = {tuple(encode(answer)[0]) for _, _, answer in PARAGRAPHS}
    # The last word of a sentence has its full stop with it here.
    answers |= {tuple(encode(f"{answer}.")[0]) for _, _, answer in PARAGRAPHS}
    for number in range(10):
        for group in examples.step(number, 4):
            right, *wrong = group
            assert right.answer is not None and len(right.sentences) == 1
            assert right.pair.ids[right.answer[0] : right.answer[1] + 1] in answers
            start, end = right.pair.sentences()[right.sentences[0]]
            assert start <= right.answer[0] and right.answer[1] < end
            assert wrong and all(example.answer is None and not example.sentences for example in wrong)


def test_nothing_that_is_held_out_is_shown(material: Material, examples: Examples) -> None:
    held = {text for question in material.questions if question.held_out for text in [question.article]}
    shown = {text for text, title in examples._tokenised if title in held}
    assert examples.step(0, 8) and not shown


def test_the_same_step_shows_the_same(material: Material, examples: Examples) -> None:
    again = Examples(material, mined_of(material), encode, Recipe(emptied=0.4, same_article=0.4, changed=1.0), seed=1)
    ids = [[example.pair.ids for example in group] for group in examples.step(3, 4)]
    assert ids == [[example.pair.ids for example in group] for group in again.step(3, 4)]
    assert ids != [[example.pair.ids for example in group] for group in examples.step(4, 4)]


def test_all_questions_come_once_before_any_comes_twice(material: Material, examples: Examples) -> None:
    learnt = [question for question in material.questions if not question.held_out]
    assert sorted(question.id for question in examples._order(0)) == sorted(question.id for question in learnt)
    assert [q.id for q in examples._order(0)] != [q.id for q in examples._order(1)]


@pytest.mark.parametrize(
    ("question", "language", "found"),
    [
        ("Quand Emmanuel Macron a-t-il rencontré Xi Jinping ?", "fr", ["Emmanuel Macron", "Xi Jinping"]),
        ("Qui est né à La Rochelle ?", "fr", ["La Rochelle"]),
        ("Wer ist der Kanzler von Deutschland?", "de", []),
        ("combien de pays ?", "fr", []),
    ],
)
def test_names_are_found_by_their_capitals(question: str, language: str, found: list[str]) -> None:
    assert names_in(question, language) == found


def test_a_changed_question_asks_for_what_the_passage_does_not_hold() -> None:
    passage = "En 1889, Gustave Eiffel acheva la tour à Paris. Elle mesure 312 mètres."
    names = ["Paris", "Gustave Eiffel", "Antoni Gaudí", "Rome"]
    for seed in range(50):
        made = changed("Que fit Gustave Eiffel à Paris en 1889 ?", "fr", passage, names, random.Random(seed))
        assert made is not None and made != "Que fit Gustave Eiffel à Paris en 1889 ?"
        assert any(new in made for new in ("Gaudí", "Rome")) or "1889" not in made
    assert changed("Que fit-il ensuite ?", "fr", passage, names, random.Random(0)) is None


def test_questions_are_typed_in_several_ways() -> None:
    question = "Où s'est réunie l'équipe de Zélensky ?"
    made = {typed(question, "fr", random.Random(seed)) for seed in range(200)}
    assert question in made and question.lower().rstrip(" ?") in made and len(made) > 10


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"data": [{}]}'])
def test_a_file_that_is_no_set_is_named(content: bytes, tmp_path: Path) -> None:
    folder = write_bench(tmp_path / "bench")
    (folder / "piaf_more.json").write_bytes(content)
    with pytest.raises(MalformedSet, match=r"piaf_more\.json"):
        load_material(folder)
    (folder / "piaf_more.json").unlink()
    with pytest.raises(MalformedSet, match=r"piaf_more\.json"):
        load_material(folder)
