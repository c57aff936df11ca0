"""The commands that keep an index in step with a corpus: `rag index` and its flags, `rag articles`."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rag.cli import rag
from rag.cli.build_reports import tell_problems
from rag.cli.progress import Pace, amount
from rag.cli.renderer import Renderer
from rag.config import Settings
from rag.corpus.article_files import Notice
from rag.domain import Progress
from rag.errors import EmptyArticle, FileDamaged, RagError
from rag.indexing.uploads import Upload, add, own_folder
from rag.store.catalog import open_catalog
from rag.store.manifest import read_manifest
from rag.wording import say
from tests.support.commands import RAG, command_environment, interruptible
from tests.support.tiny_model import write_tiny_model

BRIDGE = """Titre : Le pont rouvre
Date : 4 septembre 2025
Source : Ouest-France

Le pont du village a été rouvert au public mardi matin.
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@dataclass
class Desk:
    """A folder with a corpus, and the command run there."""

    folder: Path
    variables: dict[str, str]
    capture: pytest.CaptureFixture[str]

    def run(self, *arguments: object) -> tuple[int, str, str]:
        """The exit code and the two streams of `rag` with these arguments, in this process."""
        self.capture.readouterr()
        with pytest.raises(SystemExit) as done:
            rag([*map(str, arguments)], standalone_mode=False)
        out, err = self.capture.readouterr()
        return int(done.value.code or 0), out, err

    def told(self, *arguments: object) -> Any:
        code, out, _ = self.run(*arguments, "--json", "--quiet")
        assert code == 0
        return json.loads(out)

    def write(self, name: str, text: str = BRIDGE) -> Path:
        path = self.folder / "articles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    @property
    def index(self) -> Path:
        return self.folder / "index"

    @property
    def settings(self) -> Settings:
        return Settings(index=self.index, data_dir=self.folder / "data")

    def documents(self) -> dict[str, str]:
        catalog = open_catalog(self.index)
        try:
            return {article.document: article.text for article in catalog.articles()}
        finally:
            catalog.close()


@pytest.fixture
def desk(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Three short articles in two folders, not indexed yet."""
    variables = {
        "RAG_EMBEDDER": str(model), "RAG_DATA_DIR": str(tmp_path / "data"), "RAG_LANGUAGE": "en", "RAG_THREADS": "1",
    }  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    desk = Desk(tmp_path, variables, capsys)
    desk.write("pont.txt")
    desk.write("2024/gare.txt", "La gare est fermée. Elle rouvrira lundi.\n")
    desk.write("2024/phare.txt", "Le phare est éteint depuis hier.\n")
    return desk


def counts(told: dict[str, Any]) -> tuple[int, ...]:
    return tuple(told[kind] for kind in ("added", "changed", "removed", "renamed", "unchanged"))


# The plan, and what was done


def test_a_dry_run_says_what_would_change_and_writes_nothing(desk: Desk) -> None:
    code, out, _ = desk.run("index", "--dry-run", "articles")
    assert code == 0
    assert out.splitlines() == [
        *(say("cli.added", "en", name=name) for name in ("pont.txt", "2024/gare.txt", "2024/phare.txt")),
        say("cli.planned", "en", path="index", added=3, changed=0, removed=0, renamed=0, unchanged=0),
    ]
    assert not desk.index.exists()
    assert counts(desk.told("index", "articles")) == (3, 0, 0, 0, 0)
    before = {path: path.stat().st_mtime_ns for path in desk.index.rglob("*")}
    desk.write("pont.txt", BRIDGE.replace("mardi", "jeudi"))
    desk.write("neuf.txt", "Un bac relie les deux rives.\n")
    (desk.folder / "articles/2024/gare.txt").unlink()
    (desk.folder / "articles/2024/phare.txt").rename(desk.folder / "articles/feu.txt")
    told = desk.told("index", "--dry-run")
    assert counts(told) == (1, 1, 1, 1, 0)
    assert told["dry_run"] is True
    assert told["changes"] == {
        "added": ["neuf.txt"],
        "changed": ["pont.txt"],
        "removed": ["2024/gare.txt"],
        "renamed": [{"from": "2024/phare.txt", "to": "feu.txt"}],
    }
    assert {path: path.stat().st_mtime_ns for path in desk.index.rglob("*")} == before
    done = desk.told("index")
    assert counts(done) == counts(told) and done["changes"] == told["changes"]
    assert done["index"] == "index" and done["seconds"] > 0 and done["rate"] > 0 and done["resumed"] == 0
    again = desk.told("index")
    assert counts(again) == (0, 0, 0, 0, 3) and again["embedded"] == 0


def test_a_long_plan_is_cut_for_a_person_and_whole_in_json(desk: Desk) -> None:
    for number in range(25):
        desk.write(f"serie/{number:02}.txt", f"Épisode {number} de la série sur le port.\n")
    _, out, _ = desk.run("index", "--dry-run", "articles")
    assert len(out.splitlines()) == 20 + 2
    assert say("cli.more", "en", count=8) in out
    assert len(desk.told("index", "--dry-run", "articles")["changes"]["added"]) == 28


def test_what_was_done_is_told_name_by_name(desk: Desk) -> None:
    code, out, err = desk.run("index", "articles")
    assert code == 0 and len(out.splitlines()) == 1
    assert [line for line in err.splitlines() if "gare" in line] == [
        say("notice.undated", "en", path=desk.folder / "articles/2024/gare.txt"),
        say("cli.added", "en", name="2024/gare.txt"),
    ]


def test_problems_are_objects_with_their_reason(desk: Desk) -> None:
    empty = desk.write("vide.txt", "")
    told = desk.told("index", "articles")
    (problem,) = [one for one in told["problems"] if one["kind"] == "EmptyArticle"]
    assert problem == {"kind": "EmptyArticle", "path": str(empty), "reason": EmptyArticle(path=empty).message("en")}
    assert {one["kind"] for one in told["problems"]} == {"EmptyArticle", "undated"}
    assert len(told["unread"]) == 1 and "vide.txt" in told["unread"][0]


@pytest.mark.parametrize(("each", "lines"), [(2, 5), (30, 9)])
def test_many_problems_are_told_kind_by_kind(each: int, lines: int, capsys: pytest.CaptureFixture[str]) -> None:
    problems: list[RagError | Notice] = [EmptyArticle(path=f"{n}.txt") for n in range(each)]
    problems += [FileDamaged(path=f"{n}.pdf", reason="cut") for n in range(each)]
    problems.insert(0, Notice("undated", {"path": "x.txt"}))
    tell_problems(problems[1:] if each == 2 else problems, Renderer("en"))
    told = capsys.readouterr().err.splitlines()
    assert len(told) == lines + (each == 30)
    assert told[-1] == say("cli.problems", "en", count=2 * each)
    assert sum(say("cli.more", "en", count=each - 3) in line for line in told) == (2 if each == 30 else 0)


@pytest.mark.parametrize(
    "flags",
    [
        ["--verify", "--watch"],
        ["--dry-run", "--watch"],
        ["--remove", "--replace", "articles"],
        ["--export", "a.rag", "--import", "b.rag"],
        ["--remove"],
        ["--verify", "articles"],
    ],
)
def test_flags_that_do_not_go_together(flags: list[str], desk: Desk) -> None:
    desk.capture.readouterr()
    with pytest.raises(Exception, match=r"--|remove") as told:
        rag(["index", *flags], standalone_mode=False)
    assert type(told.value).__name__ == "UsageError"
    assert not desk.index.exists()


# Removing and restoring


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("articles/2024", {"pont.txt"}),
        ("articles/pont.txt", {"2024/gare.txt", "2024/phare.txt"}),
        ("2024/gare.txt", {"pont.txt", "2024/phare.txt"}),
    ],
    ids=["folder", "file", "name"],
)
def test_what_is_removed_stays_out_until_it_is_named(path: str, left: set[str], desk: Desk) -> None:
    desk.told("index", "articles")
    files = {file: file.read_text(encoding="utf-8") for file in (desk.folder / "articles").rglob("*.txt")}
    assert desk.told("index", "--remove", path, "--dry-run")["removed"] == 3 - len(left)
    told = desk.told("index", "--remove", path)
    assert told["removed"] == 3 - len(left) and told["embedded"] == 0
    assert set(desk.documents()) == left
    assert counts(desk.told("index")) == (0, 0, 0, 0, len(left))
    assert {file: file.read_text(encoding="utf-8") for file in files} == files
    assert desk.told("index", path)["added"] == 3 - len(left)
    assert len(desk.documents()) == 3


def test_a_root_is_removed(desk: Desk) -> None:
    other = desk.folder / "autres"
    other.mkdir()
    (other / "bac.txt").write_text("Un bac relie les deux rives.\n", encoding="utf-8")
    desk.told("index", "articles", "autres")
    assert desk.told("index", "--remove", "autres")["changes"]["removed"] == ["bac.txt"]
    assert read_manifest(desk.index).roots == (str(desk.folder / "articles"),)


def test_a_missing_root_is_told_and_its_articles_stay(desk: Desk) -> None:
    desk.told("index", "articles")
    (desk.folder / "articles").rename(desk.folder / "ailleurs")
    code, out, err = desk.run("index")
    assert code == 5 and out == "" and "articles" in err
    assert len(desk.documents()) == 3


def test_articles_are_removed_and_restored_by_name(desk: Desk) -> None:
    own = own_folder(desk.settings)
    (upload := desk.folder / "mien.txt").write_text("Mon article sur le bac du port.\n", encoding="utf-8")
    add(own, [Upload(upload, "mien.txt")])
    desk.told("index", "articles", own)
    code, _, err = desk.run("articles", "remove", "mien.txt", "2024/gare.txt")
    assert code == 0 and "removed" in err
    assert set(desk.documents()) == {"pont.txt", "2024/phare.txt"}
    assert not (own / "mien.txt").exists() and (desk.folder / "articles/2024/gare.txt").exists()
    assert [path.name for path in (desk.folder / "data/removed").glob("*/*")] == ["mien.txt"]
    code, _, err = desk.run("articles", "restore", "mien.tx")
    assert code == 5 and "mien.txt" in err
    assert desk.told("articles", "restore", "mien.txt", "2024/gare.txt")["added"] == 2
    assert set(desk.documents()) == {"pont.txt", "2024/phare.txt", "2024/gare.txt", "mien.txt"}


@pytest.mark.parametrize("command", ["show", "remove", "restore"])
def test_a_wrong_name_suggests_close_ones(command: str, desk: Desk) -> None:
    desk.told("index", "articles")
    if command == "restore":
        desk.told("articles", "remove", "pont.txt")
    code, out, err = desk.run("articles", command, "pond.txt")
    assert code == 5 and out == "" and "pont.txt" in err
    assert len(desk.documents()) == (2 if command == "restore" else 3)


# Showing


def test_an_article_is_shown_with_where_its_facts_come_from(desk: Desk) -> None:
    desk.told("index", "articles")
    code, out, err = desk.run("articles", "show", "pont.txt")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "Le pont rouvre"
    header = say("cli.from_header", "en")
    assert f"    {say('cli.field_date', 'en')} 2025-09-04 ({header})" in lines
    assert f"    {say('cli.field_source', 'en')} Ouest-France ({header})" in lines
    assert f"    {say('cli.field_author', 'en')} –" in lines
    assert f"    {say('cli.field_passages', 'en')} 1" in lines
    assert "│ Date : 4 septembre 2025" in lines and "Le pont du village a été rouvert au public mardi matin." in lines
    assert err == f"{say('cli.furniture', 'en', mark='│')}\n"
    told = desk.told("articles", "show", "pont.txt")
    assert told["text"] == BRIDGE
    assert (told["file"], told["date"], told["passages"]) == ("pont.txt", "2025-09-04", 1)
    assert told["provenance"]["source"] == "header" and "author" not in told["provenance"]
    assert told["segments"][0]["kind"] == "furniture"


def test_articles_are_listed_with_and_without_the_word(desk: Desk) -> None:
    desk.told("index", "articles")
    assert desk.told("articles") == desk.told("articles", "list")
    assert [one["document"] for one in desk.told("articles", "--since", "2025-09")] == ["pont.txt"]


# Verifying, repairing, packing


@pytest.mark.slow
def test_a_damaged_index_is_found_out_and_repaired(desk: Desk) -> None:
    desk.told("index", "articles")
    whole = desk.told("index", "--verify")
    assert whole == {"index": "index", "whole": True, "findings": []}
    code, out, _ = desk.run("index", "--verify")
    assert (code, out) == (0, f"{say('cli.whole', 'en', path='index')}\n")
    damaged = _largest(desk.index, "passages.grams*")
    damaged.write_bytes(damaged.read_bytes()[:-8] + b"damaged!")
    code, out, _ = desk.run("index", "--verify", "--json")
    told = json.loads(out)
    assert code == 3 and not told["whole"]
    assert "altered" in {finding["kind"] for finding in told["findings"]}
    _, out, _ = desk.run("doctor", "--repair", "--json", "--generator", "none")
    repaired = json.loads(out)["repair"]
    assert repaired["means"] == "texts" and Path(repaired["moved"]).is_dir()
    assert desk.told("index", "--verify")["whole"]
    assert len(desk.documents()) == 3


def _largest(index: Path, pattern: str) -> Path:
    files = [path for found in index.glob(f"data-*/{pattern}") for path in (found, *found.rglob("*")) if path.is_file()]
    return max(files, key=lambda path: path.stat().st_size)


def test_an_index_travels_as_one_file(desk: Desk) -> None:
    desk.told("index", "articles")
    told = desk.told("index", "--export", "tout.rag")
    assert told == {
        "index": "index", "file": "tout.rag", "articles": 3, "passages": 3,
        "bytes": (desk.folder / "tout.rag").stat().st_size,
    }  # fmt: skip
    code, out, err = desk.run("index", "--import", "tout.rag")
    assert code != 0 and out == "" and "index" in err
    assert desk.told("index", "--import", "tout.rag", "--index", "autre")["articles"] == 3
    assert desk.told("articles", "--index", "autre") == desk.told("articles")
    desk.write("neuf.txt", "Un bac relie les deux rives.\n")
    desk.told("index")
    assert desk.told("index", "--import", "tout.rag", "--replace")["articles"] == 3
    assert len(desk.documents()) == 3


# Progress


def test_the_rate_is_that_of_the_step() -> None:
    seconds = [0.0]
    pace = Pace(lambda: seconds[0])
    shown = []
    for seconds[0], step, done in (
        (0, "read", 0),
        (0.5, "read", 50),
        (2, "read", 90),
        (2, "embed", 0),
        (6, "embed", 6),
    ):
        progress = Progress(step, done, 800, "passages")
        shown.append(amount(progress, pace.rate(progress)))
    assert shown == ["0/800 passages", "50/800 passages", "90/800 passages · 45/s", "0/800 passages",
                     "6/800 passages · 1.5/s"]  # fmt: skip


# Watching, and being interrupted, in a process of its own


def _until(shown: Path, words: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 300
    while words not in shown.read_text(encoding="utf-8"):
        assert process.poll() is None and time.monotonic() < deadline, shown.read_text(encoding="utf-8")
        time.sleep(0.1)


@pytest.mark.slow
def test_a_watched_folder(desk: Desk) -> None:
    shown, remarks = desk.folder / "out.jsonl", desk.folder / "err.txt"
    with shown.open("wb") as out, remarks.open("wb") as err, interruptible():
        process = subprocess.Popen(
            [RAG, "index", "--watch", "articles", "--json"],
            cwd=desk.folder,
            stdout=out,
            stderr=err,
            env=command_environment(desk.folder, **desk.variables),
        )
    try:
        _until(shown, '"added": 3', process)
        with (desk.folder / "articles/lent.txt").open("w", encoding="utf-8") as file:
            for piece in ("Le bac relie", " les deux rives", " depuis lundi.\n"):
                file.write(piece)
                file.flush()
                time.sleep(0.3)
        _until(shown, "lent.txt", process)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.wait()
    syncs = [json.loads(line) for line in shown.read_text(encoding="utf-8").splitlines()]
    assert [counts(sync)[:4] for sync in syncs] == [(3, 0, 0, 0), (1, 0, 0, 0)]
    assert desk.documents()["lent.txt"] == "Le bac relie les deux rives depuis lundi.\n"
    told = remarks.read_text(encoding="utf-8")
    assert say("cli.watched", "en") in told and "Traceback" not in told


@pytest.mark.slow
def test_an_interrupted_build_leaves_the_old_index_and_says_that_it_goes_on(desk: Desk) -> None:
    desk.told("index", "articles")
    before = {path: path.read_bytes() for path in desk.index.rglob("*") if path.is_file() and path.name != ".lock"}
    for number in range(300):
        desk.write(f"serie/{number}.txt", f"Épisode {number} de la série sur le port.\n")
    remarks = desk.folder / "err.txt"
    with remarks.open("wb") as err, interruptible():
        process = subprocess.Popen(
            [RAG, "index", "articles"],
            cwd=desk.folder,
            stdout=subprocess.PIPE,
            stderr=err,
            env=command_environment(desk.folder, **desk.variables),
        )
    with process:
        try:
            _until(remarks, say("progress.read", "en"), process)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out) == (130, b"")
    told = remarks.read_text(encoding="utf-8")
    assert say("cli.interrupted", "en") in told and say("cli.goes_on", "en") in told and "Traceback" not in told
    assert all(path.read_bytes() == content for path, content in before.items())
    assert len(desk.documents()) == 3
    assert desk.told("index", "articles")["added"] == 300
