"""The command line as a user meets it: help, languages, streams, terminals, standard input."""

from __future__ import annotations

import io
import json
import re
import statistics
import string
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from eval import errors as eval_errors
from rag import errors
from rag.answering.pipeline import Pipeline
from rag.cli.renderer import Renderer
from rag.config import Settings
from rag.domain import Hit, Passage, Progress
from rag.errors import RagError
from rag.indexing.build import build_index
from rag.retrieval.fusion import SECOND_WEIGHTS, SENTENCE_WEIGHTS
from rag.retrieval.retriever import Retriever
from rag.store.index import open_index
from rag.wording import catalogue, say
from tests.support.commands import (
    QUESTION,
    RAG,
    build_bag_index,
    command_environment,
    run_on_terminal,
    run_rag,
)
from tests.support.doubles import BagEmbedder, ScriptedGenerator
from tests.support.paths import SEEDS

COMMANDS = ("fetch", "index", "ask", "chat", "search", "articles", "doctor", "mcp")
COLOUR = re.compile(r"\x1b\[[0-9;]*\b(?:3[0-7]|38|4[0-7]|48|9[0-7]|10[0-7])[0-9;]*m")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _families(kind: type[RagError]) -> Iterator[type[RagError]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _families(sub)


FAMILIES = (errors.UsageError, errors.NotReady, errors.Disagreement, errors.BadInput)
LEAVES = sorted((kind for kind in _families(RagError) if kind not in FAMILIES), key=lambda kind: kind.__name__)


# Help


@pytest.mark.slow
def test_importing_the_command_line_loads_nothing_heavy() -> None:
    heavy = ("torch", "faiss", "llama_cpp", "sentence_transformers", "gradio", "bm25s", "transformers", "numpy")
    code = f"import sys, rag.cli; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_help_comes_at_once(tmp_path: Path) -> None:
    def median_of_five(*command: str | Path) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            subprocess.run(command, cwd=tmp_path, env=command_environment(tmp_path), capture_output=True, check=True)
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    # Within half a second, and on a machine so busy that Python alone starts slowly, not much later than that.
    assert median_of_five(RAG, "--help") < max(0.5, 10 * median_of_five(sys.executable, "-c", "pass"))


@pytest.mark.slow
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_explains_itself(command: str, tmp_path: Path) -> None:
    pages = {
        language: run_rag(*command.split(), "--help", cwd=tmp_path, LC_ALL=f"{language}.UTF-8")
        for language in ("en_GB", "fr_FR")
    }
    for page in pages.values():
        assert page.returncode == 0
        assert page.stderr == ""
        assert max(map(len, page.stdout.splitlines())) <= 80
    english, french = pages["en_GB"].stdout, pages["fr_FR"].stdout
    key = f"help.{command or 'rag'}"
    for words, language in ((english, "en"), (french, "fr")):
        assert say(key, language)[:40] in words
    assert "Show this" in english
    for of_click in ("Usage:", "Show this", "Options:", "Commands:"):
        assert of_click not in french


@pytest.mark.slow
def test_version(tmp_path: Path) -> None:
    done = run_rag("--version", cwd=tmp_path)
    assert done.returncode == 0
    assert re.search(r"\d+\.\d+\.\d+", done.stdout)


# Wording


@pytest.mark.parametrize("kind", LEAVES)
def test_every_error_says_what_happened_and_what_to_do(kind: type[RagError]) -> None:
    english, french = catalogue("en"), catalogue("fr")
    for part in ("message", "next"):
        key = f"error.{kind.__name__}.{part}"
        assert english[key].strip() and french[key].strip()
        assert fields_of(english[key]) == fields_of(french[key])
        # The fields are documented in the class, so that whoever raises it knows what to give.
        assert all(f"`{name}`" in (kind.__doc__ or "") for name in fields_of(english[key]))


def test_every_error_has_a_family_and_an_exit_code() -> None:
    assert len(LEAVES) > 20
    for kind in LEAVES:
        families = [family for family in FAMILIES if issubclass(kind, family)]
        assert kind.exit_code == (families[0].exit_code if families else 1)
    assert [family.exit_code for family in FAMILIES] == [2, 3, 4, 5]


def test_an_error_knows_its_texts_in_any_language() -> None:
    error = errors.IndexMissing(path="ici")
    assert "ici" in error.message("fr") and "ici" in str(error)
    assert error.message("fr") != error.message("en") == error.message("pt")
    assert error.next_step("fr") != error.next_step("en")


def test_both_languages_have_the_same_texts_with_the_same_fields() -> None:
    english, french = catalogue("en"), catalogue("fr")
    assert english.keys() == french.keys()
    for key in english:
        assert fields_of(english[key]) == fields_of(french[key]), key
        assert english[key].strip() and french[key].strip(), key


def test_no_text_is_there_for_nothing() -> None:
    packages = [Path(module.__file__ or "").parent for module in (errors, eval_errors)]
    code = "\n".join(path.read_text(encoding="utf-8") for package in packages for path in package.rglob("*.py"))
    names = {kind.__name__ for kind in _families(RagError)}
    for key in catalogue("en"):
        section, name = key.split(".")[:2]
        # Some names are put together: `counted("found", …)` takes found_one, an f-string "file_{state}" file_added.
        stem = name.rpartition("_")[0] or name
        called = re.search(rf"""["'.](?:{name}["']|{stem}_\{{|{stem}["'])""", code)
        assert name in names if section == "error" else called, key


@pytest.mark.slow
def test_texts_come_in_the_language_of_the_locale(tmp_path: Path) -> None:
    for variables, language in (
        ({"LC_ALL": "fr_FR.UTF-8"}, "fr"),
        ({"LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LC_ALL": "pl_PL.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "fr_CA.UTF-8"}, "fr"),
        ({"LC_ALL": "en_GB.UTF-8", "RAG_LANGUAGE": "fr"}, "fr"),
    ):
        done = run_rag("search", "--batch", "absent", cwd=tmp_path, **variables)
        assert errors.PathMissing(path="absent").message(language) in done.stderr
        assert errors.PathMissing(path="absent").next_step(language) in done.stderr


# Usage


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "language"),
    [
        (["search", "--colour", "red", QUESTION], "en"),
        (["search", "-k", "many", QUESTION], "fr"),
        (["search", QUESTION, "another one"], "en"),
        (["answer", QUESTION], "fr"),
        (["ask"], "en"),
        (["ask", QUESTION, "--batch", "questions.jsonl"], "fr"),
        (["search"], "en"),
        (["search", QUESTION, "--batch", "-"], "fr"),
    ],
)
def test_wrong_usage(arguments: list[str], language: str, tmp_path: Path) -> None:
    done = run_rag(*arguments, cwd=tmp_path, LC_ALL=f"{language}.UTF-8")
    assert done.returncode == 2
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert first.startswith(say("cli.error", language))
    assert "--help" in second


@pytest.mark.slow
def test_an_unknown_option_names_its_neighbour(tmp_path: Path) -> None:
    done = run_rag("search", "--evidenc", QUESTION, cwd=tmp_path)
    assert "--evidenc" in done.stderr and "--evidence" in done.stderr


# Streams


@pytest.fixture(scope="session")
def real_index(real_settings: Settings) -> dict[str, str]:
    """The environment of a command over the seeds with the real models."""
    return {"RAG_INDEX": str(real_settings.index), "RAG_MODELS_DIR": str(real_settings.models_dir)}


@pytest.mark.models
def test_results_and_remarks_go_apart(tmp_path: Path, models_dir: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "pont.txt").write_text("Le pont du village a été rouvert au public mardi matin.\n", encoding="utf-8")
    (folder / "vide.txt").write_text("", encoding="utf-8")
    models = {"RAG_MODELS_DIR": str(models_dir)}
    made = run_rag("index", folder, "--index", "made", cwd=tmp_path, **models)
    assert made.returncode == 0
    assert len(made.stdout.splitlines()) == 1 and "made" in made.stdout
    for remark in ("vide.txt", "pont.txt", say("progress.embed", "en")):
        assert remark in made.stderr and remark not in made.stdout
    quiet = run_rag("index", "--json", "--quiet", "--index", "made", cwd=tmp_path, **models)
    assert quiet.returncode == 0
    told = json.loads(quiet.stdout)
    assert (told["articles"], told["unchanged"], told["embedded"]) == (1, 1, 0)
    assert "vide.txt" in " ".join(told["unread"])
    # What could not be read is told even so; the notice about the missing date and the progress are not.
    assert "vide.txt" in quiet.stderr and len(quiet.stderr.splitlines()) == 1
    assert "\x1b" not in made.stdout + made.stderr + quiet.stdout + quiet.stderr


@pytest.mark.models
def test_piped_output_is_plain_and_the_question_may_be_piped_too(tmp_path: Path, real_index: dict[str, str]) -> None:
    done = run_rag("search", "-", "-k", "2", "--explain", cwd=tmp_path, stdin=f"{QUESTION}\n", **real_index)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert re.findall(r"^(\d)\. ", done.stdout, re.MULTILINE) == ["1", "2"]
    for name, start, end in re.findall(r"(\S+\.txt), (\d+)-(\d+)", done.stdout):
        text = (SEEDS / name).read_bytes().decode()[int(start) : int(end)]
        assert all(line.strip() in done.stdout for line in text.splitlines())
    assert re.search(rf"^    {say('view.dense', 'en')} 0\.\d{{3}} · ", done.stdout, re.MULTILINE)


@pytest.mark.models
def test_a_terminal_gets_colours_unless_they_are_unwanted(tmp_path: Path, real_index: dict[str, str]) -> None:
    code, shown = run_on_terminal("search", QUESTION, "-k", "1", cwd=tmp_path, **real_index)
    assert code == 0
    assert COLOUR.search(shown)
    rows = [row.split("\r")[-1] for row in ESCAPE.sub("", shown).splitlines()]
    assert max(map(len, rows)) <= 80
    assert not any(row != row.rstrip() for row in rows)
    code, shown = run_on_terminal("search", QUESTION, "-k", "1", cwd=tmp_path, NO_COLOR="1", **real_index)
    assert code == 0
    assert not COLOUR.search(shown)


@pytest.mark.slow
def test_an_error_on_a_terminal_is_coloured_unless_that_is_unwanted(tmp_path: Path) -> None:
    arguments = ("search", "--batch", "absent")
    code, shown = run_on_terminal(*arguments, cwd=tmp_path)
    assert code == 5
    assert COLOUR.search(shown)
    code, shown = run_on_terminal(*arguments, cwd=tmp_path, NO_COLOR="1")
    assert code == 5
    assert "absent" in shown and not COLOUR.search(shown)
    piped = run_rag(*arguments, cwd=tmp_path)
    assert "\x1b" not in piped.stderr and piped.stdout == ""


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def scripted(tmp_path: Path) -> Pipeline:
    """The product over the seeds without models: the generator repeats two sentences of an article."""
    build_bag_index(tmp_path / "index")
    embedder = BagEmbedder()
    retriever = Retriever(open_index(tmp_path / "index"), embedder)
    best = [hit.passage.text for hit in retriever.evidence(QUESTION, 2)]
    settings = Settings(index=tmp_path / "index", answer_threshold=0.0)
    return Pipeline(retriever, embedder, ScriptedGenerator(" ".join(best)), settings)


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_an_answer_and_its_sources(
    kind: type[io.StringIO], streamed: bool, scripted: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("COLUMNS", "80"), ("LINES", "40"), ("TERM", "xterm-256color")):
        monkeypatch.setenv(name, value)
    out, err = kind(), kind()
    renderer = Renderer("fr", out=out, err=err)
    if streamed:
        answer = renderer.stream(scripted.stream(QUESTION))
    else:
        renderer.answer(answer := scripted.ask(QUESTION))
    assert err.getvalue() == ""
    assert ("\x1b" in out.getvalue()) == (kind is Terminal)
    shown = ESCAPE.sub("", out.getvalue())
    assert answer.answered and answer.citations
    text, sources = shown.rsplit(f"\n{say('cli.sources', 'fr')}\n", 1)
    if kind is Terminal:
        assert max(map(len, re.split("[\r\n]+", shown))) <= 80
        # What is left on the screen is the end: the answer once, whatever was drawn before it.
        text, sources, joined = (" ".join(part.split()) for part in (text, sources, answer.text))
        assert text.endswith(joined)
    else:
        assert text == f"{answer.text}\n"
    for citation in answer.citations:
        assert f"[{citation.marker}]" in text
        assert f"{citation.document}, {citation.start}-{citation.end}" in sources
        assert " ".join(citation.quote.split()) in " ".join(sources.split())


def test_a_refusal_streams_too(scripted: Pipeline, tmp_path: Path) -> None:
    unsure = Pipeline(
        Retriever(open_index(tmp_path / "index"), BagEmbedder()),
        BagEmbedder(),
        ScriptedGenerator(yes=0.01),
        Settings(index=tmp_path / "index", answer_threshold=1.0),
    )
    out = io.StringIO()
    answer = Renderer("fr", out=out).stream(unsure.stream(QUESTION))
    assert not answer.answered
    assert out.getvalue() == f"{answer.text}\n"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_conflict_is_told_below_the_answer(tmp_path: Path, language: str) -> None:
    for source, toll in (("Le Monde", 27), ("Reuters", 34)):
        header = f"Titre : Un ferry coule\nSource : {source}\nDate : 4 septembre 2025"
        text = f"{header}\n\nLe naufrage du ferry a fait {toll} morts.\n"
        (tmp_path / f"{source}.txt").write_text(text, encoding="utf-8")
    embedder, settings = BagEmbedder(), Settings(index=tmp_path / "index", answer_threshold=0.0)
    build_index([tmp_path], settings.index, embedder, settings)
    two = Pipeline(Retriever(open_index(settings.index), embedder), embedder, None, settings)
    out = io.StringIO()
    answer = Renderer(language, out=out).stream(two.stream("Combien de morts a fait le naufrage du ferry ?"))
    assert answer.conflict
    assert out.getvalue().startswith(f"{answer.text}\n\n{say('cli.conflict', language)}\n")


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_progress_of_known_and_unknown_length(kind: type[io.StringIO]) -> None:
    err = kind()
    steps = [Progress("read", 1, 0, "articles"), Progress("read", 2, 0, "articles"), Progress("embed", 0, 2)]
    steps += [Progress("embed", 2, 2), Progress("fetch", 5_000_000, 9_000_000, "B", "model"), Progress("write", 0, 0)]
    with Renderer("en", err=err).progress() as on_progress:
        for step in steps:
            on_progress(step)
    shown = ESCAPE.sub("", err.getvalue())
    for words in ("Reading", "Embedding", "2/2", "Fetching model", "Writing the index"):
        assert words in shown
    assert "None" not in shown
    assert ("\x1b" in err.getvalue()) == (kind is Terminal)


def test_quiet_shows_no_progress() -> None:
    err = Terminal()
    renderer = Renderer("en", quiet=True, err=err)
    with renderer.waiting("load"), renderer.progress() as on_progress:
        on_progress(Progress("embed", 1, 2))
    renderer.note("remark")
    assert err.getvalue() == ""


def test_hits_with_their_scores_and_repetitions() -> None:
    place = Passage(7, "a.txt", 3, 30, "Le pont est rouvert.", "Un pont", date(2025, 9, 4), "AFP")
    parts = dict.fromkeys([*SECOND_WEIGHTS, *SENTENCE_WEIGHTS, "period", "recent", "reranker"], 0.5)
    hit = Hit(place, 1.5, parts, (replace(place, document="b.txt", source=None, date=None),))
    for language, also in (("en", "also in b.txt, 3-30 (undated)"), ("fr", "aussi dans b.txt, 3-30 (sans date)")):
        out = io.StringIO()
        Renderer(language, out=out).hits([hit], explain=True)
        title, origin, scores, text, repeated = out.getvalue().splitlines()
        assert title == "1. Un pont" and text == "    Le pont est rouvert." and repeated == f"    {also}"
        assert origin.endswith("· a.txt, 3-30 · 1.50")
        # Each score has a name of its own in words.
        names = [score.rsplit(" ", 1)[0] for score in scores.strip().split(" · ")]
        assert len(set(names)) == len(parts) and not {"dense", "grams", "bm25"} & set(names)
        Renderer(language, out=(plain := io.StringIO())).hits([replace(hit, also=())], explain=False)
        assert plain.getvalue().splitlines() == [title, origin, text]


@pytest.mark.models
def test_a_question_without_a_known_word_is_told(tmp_path: Path, real_index: dict[str, str]) -> None:
    done = run_rag("search", "柏林", "-k", "1", "--json", cwd=tmp_path, LC_ALL="fr_FR.UTF-8", **real_index)
    assert done.returncode == 0
    assert done.stderr == f"{say('notice.no_word_found', 'fr')}\n"
    assert json.loads(done.stdout)["notices"] == ["no_word_found"]
    lines = [{"question": "柏林"}, {"question": QUESTION}]
    stdin = "\n".join(map(json.dumps, lines))
    done = run_rag("search", "--batch", "-", "-k", "1", cwd=tmp_path, stdin=stdin, **real_index)
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line).get("notices") for line in done.stdout.splitlines()] == [["no_word_found"], None]
    asked = run_rag("ask", "柏林", "--no-stream", cwd=tmp_path, **real_index)
    assert asked.returncode == 0
    assert say("notice.no_word_found", "en") in asked.stderr and asked.stdout.strip()


# Filters


@pytest.fixture(scope="module")
def index_of_six(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeds and an article without a date, indexed without models."""
    folder = tmp_path_factory.mktemp("six")
    (folder / "sans_date.txt").write_text("Le pont du village a été rouvert au public mardi matin.\n", "utf-8")
    build_bag_index(folder / "index", SEEDS, folder / "sans_date.txt")
    return folder / "index"


@pytest.mark.slow
def test_articles_are_listed_by_date(index_of_six: Path, tmp_path: Path) -> None:
    done = run_rag("articles", "--index", index_of_six, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == f"{say('cli.articles', 'en', count=6)}\n"
    facts = [line.split(" · ") for line in done.stdout.splitlines() if line.startswith("    ")]
    assert [fact[0].strip() for fact in facts] == ["2025-09-02"] * 2 + ["2025-09-04"] * 3 + [say("cli.undated", "en")]
    assert [fact[1:] for fact in facts[1:3]] == [
        ["Public Sénat", "fr", "004_7b78e513397c4d1b.txt"],
        ["AFP", "fr", "001_d113b5f17827e078.txt"],
    ]
    told = json.loads(run_rag("articles", "--json", "--index", index_of_six, cwd=tmp_path).stdout)
    assert [one["document"] for one in told] == [fact[-1] for fact in facts]
    assert told[1].keys() == {"document", "title", "date", "source", "language"}
    assert (told[1]["date"], told[1]["source"], told[5]["date"]) == ("2025-09-02", "Public Sénat", None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flags", "numbers", "undated"),
    [
        ("--since 2025-09-03", ["001", "002", "003"], 1),
        ("--until 2025-09-02", ["000", "004"], 1),
        ("--date 2025-09", ["000", "004", "001", "002", "003"], 1),
        ("--source afp --source PUBLIC\xa0SENAT", ["004", "001"], 0),
        ("--document 00[12]* --document 004_7b78e513397c4d1b.txt", ["004", "001", "002"], 0),
        ("--document 00* --date 2025-09-04 --lang fr", ["001", "002", "003"], 0),
    ],
)
def test_articles_are_filtered(
    flags: str, numbers: list[str], undated: int, index_of_six: Path, tmp_path: Path
) -> None:
    arguments = [flag.replace("\xa0", " ") for flag in flags.split(" ")]
    done = run_rag("articles", *arguments, "--json", "--index", index_of_six, cwd=tmp_path)
    assert done.returncode == 0
    assert [one["document"][:3] for one in json.loads(done.stdout)] == numbers
    assert done.stderr == (f"{say('cli.left_out', 'en', count=1)}\n" if undated else "")
    assert run_rag("articles", *arguments, "--quiet", "--index", index_of_six, cwd=tmp_path).stderr == ""


@pytest.mark.models
@pytest.mark.parametrize("flags", [[], ["--evidence"]])
def test_a_search_within_filters(flags: list[str], tmp_path: Path, real_index: dict[str, str]) -> None:
    lines = [
        {"id": 1, "question": QUESTION},
        {"id": 2, "question": QUESTION, "date": "2025-09-04"},
        {"id": 3, "question": QUESTION, "documents": ["001*", "002*"], "since": "2025-09-03"},
        {"id": 4, "question": QUESTION, "sources": ["CNEWS"]},
    ]
    stdin = "\n".join(map(json.dumps, lines))
    done = run_rag(
        "search", "--batch", "-", "--until", "2025-09-03", "-k", "50", *flags, cwd=tmp_path, stdin=stdin, **real_index
    )
    # A line without filters is under those of the command; the last line's source has nothing in that period.
    assert done.returncode == 5
    assert "line 4" in done.stderr and "2025-09-02 … 2025-09-04" in done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for one, numbers in zip(found, [{"000", "004"}, {"001", "002", "003"}, {"001", "002"}], strict=True):
        documents = {hit["document"][:3] for hit in one["hits"]}
        # Sentences are those of the best passages, which are not of every article.
        assert documents and (documents <= numbers if flags else documents == numbers)


@pytest.mark.models
def test_an_answer_within_filters(tmp_path: Path, real_index: dict[str, str]) -> None:
    done = run_rag("ask", QUESTION, "--json", "--source", "cnews", cwd=tmp_path, **real_index)
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert answer["answered"]
    assert {part["document"][:3] for part in answer["passages"] + answer["citations"]} == {"003"}


def _without(environment: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in environment.items() if key != name}


@pytest.mark.slow
def test_a_reader_who_leaves_is_no_failure(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [RAG, "doctor", "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_without(command_environment(tmp_path), "PYTHONUNBUFFERED"),
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 0
    assert complaint == b""
