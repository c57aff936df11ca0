from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, given, strategies as st

from rag.domain import Hit, Passage
from rag.retrieval.duplicates import FEWEST_WORDS, group
from rag.text.segmentation import sentences

DAY = date(2025, 9, 4)
STORY = (
    "Vingt-six pays se sont engagés jeudi à participer à une force de réassurance, a annoncé Emmanuel Macron. "
    "Les États-Unis n'ont pas encore dit s'ils y contribueront. "
    "Le budget atteindrait 1,5 milliard d'euros, soit 20 % de plus que prévu, selon l'Élysée."
)
FIRST, SECOND, THIRD = sentences(STORY)


def hit(text: str, document: str, *, start: int = 0, day: date | None = DAY) -> Hit:
    return Hit(Passage(0, document, start, start + len(text), text, "Titre", day, None), 1.0)


def folded(*hits: Hit) -> list[list[str]]:
    """The documents of each group, its leader first."""
    return [[h.passage.document for h in (found.hit, *found.also)] for found in group(hits)]


@pytest.mark.parametrize(
    ("leader", "repetition"),
    [
        (STORY, STORY),
        # set in another way
        (
            'Berlin est "prêt" à offrir des garanties de sécurité à l\'Ukraine, dit une source.',
            "Berlin est « prêt » à offrir des garanties de sécurité à l’Ukraine, dit une source.",
        ),
        (STORY, STORY.replace("États", "Etats").replace("Élysée", "Elysée")),
        (STORY, STORY.replace("20 %", "20\u202f%").replace(" selon", "\u00a0selon")),
        (STORY, STORY.replace("20 %", "20%").replace("force de réassurance", '"force de réassurance"')),
        (STORY, STORY.replace(" à ", " à\n", 2)),
        (STORY, STORY.replace("jeudi", "ce jeudi")),
        (STORY.replace("jeudi", "ce jeudi"), STORY),
        ("Au cœur des discussions, la manœuvre de Kiev inquiète les alliés réunis à Paris jeudi.",
         "Au coeur des discussions, la manoeuvre de Kiev inquiète les alliés réunis à Paris jeudi."),
        ("PARIS - Vingt-six pays se sont engagés jeudi à participer à une force de paix.",
         "Paris : vingt-six pays se sont engagés jeudi à participer à une force de paix."),
        # cut in another way
        (STORY, FIRST),
        (STORY, f"{SECOND} {THIRD}"),
        (STORY, f"{FIRST}\n\n{THIRD}"),
    ],
)  # fmt: skip
def test_the_same_story_is_shown_once(leader: str, repetition: str) -> None:
    assert folded(hit(leader, "a"), hit(repetition, "b")) == [["a", "b"]]


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        # figures, units and signs
        ("Vingt-six pays", "Trente pays"),
        ("Vingt-six pays", "Vingt pays"),
        ("Vingt-six pays", "26 pays"),  # the same, but to read numbers is to misread some (« deux-trois »)
        ("1,5 milliard", "15 milliards"),
        ("1,5 milliard", "1,6 milliard"),
        ("20 %", "-20 %"),
        ("20 %", "20"),
        ("20 % de plus", "20 € de plus"),
        ("de plus", "de moins"),
        ("milliard", "million"),
        # dates
        ("jeudi", "vendredi"),
        ("jeudi", "le 4 septembre"),
        ("jeudi", ""),
        # negation, conditional, tense, question
        ("n'ont pas encore dit", "ont dit"),
        ("n'ont pas encore dit", "n'ont jamais dit"),
        ("pas encore", "pas"),
        ("Le budget", "Sans accord, le budget"),
        ("se sont engagés", "se seraient engagés"),
        ("atteindrait", "atteindra"),
        ("selon l'Élysée.", "selon l'Élysée ?"),
        # names
        ("Emmanuel Macron", "Friedrich Merz"),
        ("Emmanuel Macron", "Brigitte Macron"),
        ("Les États-Unis", "Les Émirats arabes unis"),
        ("selon l'Élysée", "selon Berlin"),
        # a word is enough
        ("a annoncé", "a espéré"),
        ("participer à", "refuser"),
        ("une force", "une éventuelle force"),
        (", a annoncé Emmanuel Macron", ""),
        ("engagés", "engage"),
        ("prévu, selon", "prévu. La France paiera seule, selon"),
    ],
)
def test_what_says_something_else_is_kept_apart(written: str, instead: str) -> None:
    changed = STORY.replace(written, instead, 1)
    assert changed != STORY
    assert folded(hit(STORY, "a"), hit(changed, "b")) == [["a"], ["b"]]
    assert folded(hit(changed, "a"), hit(STORY, "b")) == [["a"], ["b"]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Le 4 septembre, 30 pays soutenaient l'envoi de 26 bataillons en Ukraine après un accord.",
         "Le 4 septembre, 26 pays soutenaient l'envoi de 30 bataillons en Ukraine après un accord."),
        ("Paris a accusé Moscou d'avoir rompu la trêve conclue la veille sous l'égide de Washington.",
         "Moscou a accusé Paris d'avoir rompu la trêve conclue la veille sous l'égide de Washington."),
        ("Il n'est pas établi que la Russie a tiré jeudi deux missiles sur une école de Kharkiv.",
         "La Russie a tiré jeudi deux missiles sur une école de Kharkiv, a indiqué le gouverneur."),
        ("Un policier tué jeudi soir à Lyon près de la gare : le parquet a ouvert une enquête.",
         "Un policier tue jeudi soir à Lyon près de la gare : le parquet a ouvert une enquête."),
    ],
)  # fmt: skip
def test_the_same_words_in_other_places_are_kept_apart(one: str, other: str) -> None:
    assert folded(hit(one, "a"), hit(other, "b")) == [["a"], ["b"]]


def test_what_says_more_is_shown_too() -> None:
    assert folded(hit(f"{FIRST} {SECOND}", "a"), hit(STORY, "b"), hit(THIRD, "c")) == [["a"], ["b", "c"]]


def test_half_a_sentence_is_no_repetition() -> None:
    denial = "Il est faux, a dit jeudi soir le ministre, que la France a envoyé en secret des soldats à Odessa."
    rumour = "La France a envoyé en secret des soldats à Odessa."
    assert folded(hit(denial, "a"), hit(rumour, "b")) == [["a"], ["b"]]


def test_a_passage_cut_elsewhere_repeats_two_of_one_article() -> None:
    begin, end = hit(f"{FIRST} {SECOND}", "a"), hit(f"{SECOND} {THIRD}", "a", start=len(FIRST) + 1)
    assert [len(found.also) for found in group([begin, end, hit(STORY, "b")])] == [0, 1]  # the end has more of it
    assert [len(found.also) for found in group([end, begin, hit(STORY, "b")])] == [1, 0]
    assert [len(found.also) for found in group([end, begin, hit(f"{FIRST} {SECOND}", "b")])] == [0, 1]
    # Of two articles neither tells the whole.
    assert folded(begin, hit(THIRD, "c"), hit(STORY, "b")) == [["a"], ["c"], ["b"]]


def test_few_words_may_be_the_same_by_chance() -> None:
    short = "Il n'a pas souhaité répondre à nos questions."
    assert len(short.split()) < FEWEST_WORDS
    assert folded(hit(short, "a"), hit(short, "b")) == [["a"], ["b"]]


@pytest.mark.parametrize(
    ("day", "groups"),
    [
        (date(2025, 9, 5), [["a", "b"]]),
        (date(2025, 9, 3), [["a", "b"]]),
        (date(2025, 9, 11), [["a"], ["b"]]),
        (None, [["a", "b"]]),
    ],
)
def test_jeudi_is_another_day_in_another_week(day: date | None, groups: list[list[str]]) -> None:
    assert folded(hit(STORY, "a"), hit(STORY, "b", day=day)) == groups


def test_one_document_repeats_itself_only_where_spans_lie_within_each_other() -> None:
    assert folded(hit(STORY, "a"), hit(STORY, "a", start=len(STORY) + 2)) == [["a"], ["a"]]
    assert folded(hit(STORY, "a"), hit(SECOND, "a", start=len(FIRST) + 1)) == [["a", "a"]]
    overlapping = hit(f"{SECOND} {THIRD}", "a", start=len(FIRST) + 1)
    assert folded(hit(f"{FIRST} {SECOND}", "a"), overlapping) == [["a"], ["a"]]


POOL = [
    FIRST,
    SECOND,
    THIRD,
    FIRST.replace("Vingt-six", "Trente"),
    "La Russie a rejeté d'avance toute présence militaire étrangère sur le sol de sa voisine.",
    "Le chancelier réunira son gouvernement vendredi à Berlin pour arrêter la position allemande.",
]


@st.composite
def searches(draw: st.DrawFn) -> list[Hit]:
    """Passages of articles that share sentences, in any order."""
    hits = []
    for document in "abcd":
        told = draw(st.lists(st.sampled_from(POOL), min_size=1, max_size=5, unique=True))
        for _ in range(draw(st.integers(1, 3))):
            first = draw(st.integers(0, len(told) - 1))
            last = draw(st.integers(first, len(told) - 1))
            start = sum(len(sentence) + 1 for sentence in told[:first])
            hits.append(hit(" ".join(told[first : last + 1]), document, start=start))
    return [replace(h, score=float(-rank)) for rank, h in enumerate(draw(st.permutations(hits)))]


@given(searches())
def test_grouping_loses_nothing_and_keeps_the_order(hits: list[Hit]) -> None:
    groups = group(hits)
    leaders = [found.hit for found in groups]
    assert sorted((h.score for found in groups for h in (found.hit, *found.also)), reverse=True) == [
        h.score for h in hits
    ]
    assert leaders == [h for h in hits if h in leaders]
    assert all(h.score < found.hit.score for found in groups for h in found.also)
    assert group(leaders) == [replace(found, also=()) for found in groups]


@given(searches())
def test_what_is_folded_away_is_told_higher_up_by_one_article(hits: list[Hit]) -> None:
    groups = group(hits)
    for found in groups:
        for repetition in found.also:
            told = {
                sentence
                for other in groups
                if other.hit.passage.document == found.hit.passage.document and other.hit.score > repetition.score
                for sentence in sentences(other.hit.passage.text)
            }
            assert set(sentences(repetition.passage.text)) <= told


@given(st.data())
def test_no_word_can_be_added_changed_or_left_out(data: st.DataObject) -> None:
    words = STORY.split(" ")
    place = data.draw(st.integers(0, len(words) - 1))
    word = data.draw(st.sampled_from(["", *sorted(set(words)), "aucun", "30", "Kiev"]))
    keep = data.draw(st.booleans())
    changed = [*words[:place], word, *words[place + (not keep) :]]
    changed = [w for w in changed if w]
    assume(changed != words)
    assert len(group([hit(STORY, "a"), hit(" ".join(changed), "b")])) == 2
