"""The rooms of `rag` and `eval`, drawn from the code: what each is for, its modules, and which room imports which.

A room is a package directly below one of the two; the modules beside the rooms count as one more, named like the
package. Rooms come in an order in which each imports only rooms above it, as far as there is one: what imports a room
below it is drawn apart, so that a circle shows.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path

import grimp

from generated import PROJECT
from generated.markdown import code, shown, table

_PACKAGES = ("rag", "eval")
_LABELS = {
    "en": {
        "room": "Room", "job": "Job", "imports": "Imports", "module": "Module", "beside": "Beside the rooms",
        "drawing": "Which room of {0} imports which: each row imports the rooms that are marked in it",
        "cell": "{0} imports {1}: {2}", "of": "Modules", "rooms": "The rooms of {0}",
    },
    "fr": {
        "room": "Salle", "job": "Rôle", "imports": "Importe", "module": "Module", "beside": "À côté des salles",
        "drawing": "Quelle salle de {0} importe laquelle : chaque ligne importe les salles qui y sont marquées",
        "cell": "{0} importe {1} : {2}", "of": "Modules", "rooms": "Les salles de {0}",
    },
}  # fmt: skip
_CELL, _FONT, _LETTER = 18, 12, 7

Imports = Mapping[str, Counter[str]]


def render(language: str) -> str:
    """Both packages: drawing, table of rooms, and the modules of each room."""
    return "\n\n".join(_package(name, language) for name in _PACKAGES)


def _package(package: str, language: str) -> str:
    labels = _LABELS[language]
    imports = room_imports(_graph())
    rooms = in_order({room: found for room, found in imports.items() if room.split(".")[0] == package})
    rows = [
        [
            code(_short(room)),
            shown(_job(room, language)),
            ", ".join(_named(other, package) for other in _ordered(imports, room)),
        ]
        for room in rooms
    ]
    parts = [
        f"## {labels['rooms'].format(code(package))}",
        drawing(rooms, imports, labels, package),
        table([labels["room"], labels["job"], labels["imports"]], rows),
    ]
    for room in rooms:
        parts += [f"### {code(room)}", _modules(room, labels)]
    return "\n\n".join(parts)


@cache
def _graph() -> grimp.ImportGraph:
    if str(PROJECT) not in sys.path:  # `eval` is not installed
        sys.path.insert(0, str(PROJECT))
    return grimp.build_graph(*_PACKAGES, cache_dir=None)


def room_of(module: str) -> str:
    """The room of a module: the package below `rag` or `eval` that it is in, or else that of the two."""
    parts = module.split(".")
    return ".".join(parts[:2]) if len(parts) > 1 and (_path(".".join(parts[:2])).name == "__init__.py") else parts[0]


def room_imports(graph: grimp.ImportGraph) -> Imports:
    """By room, the rooms that it imports and how often. The doors of the two packages themselves do not count."""
    found: dict[str, Counter[str]] = {}
    for module in sorted(graph.modules):
        if module in _PACKAGES or module.endswith(".__main__"):
            continue
        room = found.setdefault(room_of(module), Counter())
        room.update(
            room_of(other) for other in graph.find_modules_directly_imported_by(module) if other not in _PACKAGES
        )
    return {room: Counter({other: n for other, n in count.items() if other != room}) for room, count in found.items()}


def in_order(imports: Imports) -> list[str]:
    """The rooms so that each stands below those that it imports; in a circle those with the fewest others first."""
    left, order = set(imports), []
    while left:
        first = min(left, key=lambda room: (len(imports[room].keys() & left), room))
        order.append(first)
        left.remove(first)
    return order


def _ordered(imports: Imports, room: str) -> list[str]:
    return [other for other in in_order(imports) if other in imports[room]]


def _short(room: str) -> str:
    return room.partition(".")[2] or room


def _named(room: str, package: str) -> str:
    return code(_short(room) if room.split(".", maxsplit=1)[0] == package else room)


def _path(module: str) -> Path:
    """The file of a module."""
    path = PROJECT.joinpath(*module.split("."))
    alone = path.with_suffix(".py")  # a folder of data may be called like a module
    return alone if alone.is_file() else path / "__init__.py"


def first_line(path: Path) -> str:
    """What a module says of itself: the first sentence or line of its docstring."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.split("\n\n")[0].split())


def _job(room: str, language: str) -> str:
    return first_line(_path(room)) if "." in room else _LABELS[language]["beside"]


def _modules(room: str, labels: Mapping[str, str]) -> str:
    folder = _path(room).parent
    # What lies in a room within the package is told there.
    files = sorted(folder.rglob("*.py") if "." in room else folder.glob("*.py"))
    rows = [[code(path.relative_to(folder).with_suffix("").as_posix()), shown(first_line(path))] for path in files]
    return table([labels["module"], labels["job"]], rows)


def drawing(rooms: Sequence[str], imports: Imports, labels: Mapping[str, str], package: str) -> str:
    """A square of rooms: a mark where the room of the row imports that of the column; a circle's has another colour."""
    left = _LETTER * max(len(_short(room)) for room in rooms) + 12
    width, height = left + _CELL * len(rooms) + left, left + _CELL * len(rooms) + 4
    lines = [
        f'<svg class="rooms" role="img" viewBox="0 0 {width} {height}" font-size="{_FONT}">',
        f"<title>{escape(labels['drawing'].format(package))}</title>",
    ]
    for place, room in enumerate(rooms):
        middle = left + _CELL * place + _CELL // 2
        lines += [
            f'<text x="{left - 6}" y="{middle + 4}" text-anchor="end">{_short(room)}</text>',
            f'<text transform="translate({middle + 4},{left - 6}) rotate(-60)">{_short(room)}</text>',
            f'<path class="line" d="M{left},{middle}H{left + _CELL * len(rooms)}M{middle},{left}V{height - 4}"/>',
        ]
        for other_place, other in enumerate(rooms):
            if count := imports[room][other]:
                kind = "down" if other_place < place else "up"
                x, y = left + _CELL * other_place + 3, left + _CELL * place + 3
                told = escape(labels["cell"].format(_short(room), _short(other), count))
                lines.append(
                    f'<rect class="{kind}" x="{x}" y="{y}" width="{_CELL - 6}" height="{_CELL - 6}" rx="2">'
                    f"<title>{told}</title></rect>"
                )
    return "\n".join([*lines, "</svg>"])
