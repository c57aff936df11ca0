"""Waiting, from the `timings` of the object that `rag ask --json` prints.

First token and throughput as serving benchmarks define them (MLPerf Inference, https://arxiv.org/abs/1911.02549, and
its later time to first token and time per output token). Limit: machine and load are part of every number, so only
runs of the same machine compare.
"""

from __future__ import annotations

from collections.abc import Mapping

AGGREGATED = ("first_token_s", "total_s", "tokens_per_s", "prompt_tokens", "search_s", "evidence_s")
"""What is summed up by median and 95th percentile, since a mean hides the long waits."""


def latencies(timings: Mapping[str, float]) -> dict[str, float]:
    """Seconds to the first token and in total, tokens of the prompt, and tokens per second where any were made."""
    measured = {name: float(timings[name]) for name in ("first_token_s", "total_s", "prompt_tokens")}
    speed = tokens_per_second(timings)
    return measured if speed is None else {**measured, "tokens_per_s": speed}


def tokens_per_second(timings: Mapping[str, float]) -> float | None:
    """Tokens after the first one per second after the first one, the checks between sentences included.

    None with less than two tokens or no time between them.
    """
    tokens, seconds = timings["answer_tokens"] - 1, timings["total_s"] - timings["first_token_s"]
    return tokens / seconds if tokens > 0 and seconds > 0 else None
