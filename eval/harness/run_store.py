"""Runs on disk: one JSON file a run, and beside them the rows of runs that are not finished yet.

A finished run is written in one step, so that it is whole or absent. An unfinished one is a JSON-lines file
named by the fingerprint of all that its rows depend on; a run with the same fingerprint goes on from there.
Nothing here holds a path of the machine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from eval.cases.records import Case, CaseResult, Evidence, Interval, Run
from eval.errors import RunMissing, RunUnreadable
from rag.system import write_text, writing

RUNS = Path(__file__).parents[1] / "runs"
SCHEMA = 1


def fingerprint(parts: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of `parts`, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def code_digest(*packages: Path) -> str:
    """SHA-256 (hex) over the names and contents of the sources below `packages`: code, prompts, texts."""
    total = hashlib.sha256()
    for package in packages:
        for path in sorted(package.rglob("*")):
            if path.suffix in (".py", ".md", ".toml"):
                total.update(f"{path.relative_to(package.parent).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return total.hexdigest()


def new_name(set_name: str) -> str:
    """A name for a run that begins now."""
    return f"{set_name}-{datetime.now(timezone.utc):%Y%m%d-%H%M%S}"


def save_run(run: Run, folder: Path = RUNS) -> Path:
    """Writes `run`, forgets its partial rows and returns where it is. Raises DiskFull and WriteFailed."""
    path = folder / f"{run.name}.json"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps({"schema": SCHEMA, **asdict(run)}, ensure_ascii=False, indent=1) + "\n")
    partial_path(folder, run.extra["fingerprint"]).unlink(missing_ok=True)
    return path


def load_run(reference: str, folder: Path = RUNS) -> Run:
    """The run named `reference`, or in the file of that path. Raises RunMissing and RunUnreadable."""
    path = find_run(reference, folder)
    try:
        return run_from(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunUnreadable(path=path, reason=f"{type(error).__name__}: {error}") from error


def find_run(reference: str, folder: Path = RUNS) -> Path:
    """The file of the run `reference`, a name or a path. Raises RunMissing."""
    for path in (Path(reference), folder / f"{reference}.json", folder / reference):
        if path.is_file():
            return path
    known = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    raise RunMissing(run=reference, known=", ".join(path.stem for path in known[:5]) or "none yet")


def run_from(fields: Mapping[str, Any]) -> Run:
    """The run that `save_run` wrote as `fields`. Raises KeyError, TypeError and ValueError."""
    if fields["schema"] != SCHEMA:
        raise ValueError(f"format {fields['schema']}, this version reads {SCHEMA}")
    values = {name: value for name, value in fields.items() if name != "schema"}
    values["aggregates"] = {name: Interval(**interval) for name, interval in fields["aggregates"].items()}
    values["results"] = tuple(CaseResult(**row) for row in fields["results"])
    return Run(**values)


def cases_of(run: Run) -> dict[str, Case]:
    """The cases that `run` was asked, by id: a run says what was right, too."""
    return {fields["id"]: _case(fields) for fields in run.extra["cases"]}


def _case(fields: Mapping[str, Any]) -> Case:
    return Case(
        id=fields["id"],
        question=fields["question"],
        lang=fields["lang"],
        type=fields["type"],
        history=tuple(fields["history"]),
        answerable=fields["answerable"],
        expected=fields["expected"],
        answers=tuple(fields["answers"]),
        must_include=tuple(tuple(group) for group in fields["must_include"]),
        must_not_include=tuple(fields["must_not_include"]),
        evidence=tuple(
            Evidence(piece["file"], piece["quote"], tuple((start, end) for start, end in piece["spans"]))
            for piece in fields["evidence"]
        ),
        half=fields["half"],
    )


def partial_path(folder: Path, key: str) -> Path:
    """Where the rows of an unfinished run with the fingerprint `key` are."""
    return folder / f".{key[:24]}.partial.jsonl"


class Partial:
    """The rows of a run under way, in `folder`; `rows` are those that an earlier, interrupted one left."""

    def __init__(self, folder: Path, key: str) -> None:
        self._path = partial_path(folder, key)
        self._key = key
        self.rows = self._read()

    def _read(self) -> dict[str, CaseResult]:
        try:
            head, *lines = self._path.read_text(encoding="utf-8").split("\n")
            if json.loads(head) != {"fingerprint": self._key}:
                return {}
        except (OSError, ValueError):
            return {}
        rows = {}
        for line in lines:
            try:
                row = CaseResult(**json.loads(line))
            except (ValueError, TypeError):
                break  # the line that was being written when the run was interrupted
            rows[row.id] = row
        return rows

    def open(self) -> None:
        """Writes the file anew with the rows that are whole. Raises DiskFull and WriteFailed."""
        with writing(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
        lines = [{"fingerprint": self._key}, *(asdict(row) for row in self.rows.values())]
        write_text(self._path, "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines))

    def append(self, row: CaseResult) -> None:
        """Adds a row, flushed, so that it outlives the process. Raises DiskFull and WriteFailed."""
        with writing(self._path), self._path.open("a", encoding="utf-8", newline="") as file:
            file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
