"""What the server counts, for Prometheus; and the service whose questions are counted, whoever asks them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing

from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, generate_latest

from rag.config import Settings
from rag.domain import EVERYTHING, Answer, Scope, Turn
from rag.errors import BadInput, RagError
from rag.events import Event, Finished
from rag.runtime import Models, Service, load_models

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160)
# How long an answer is taken to last until the first one has been given.
_FIRST_PACE_S = 10.0
# The weight of the newest answer in the running mean.
_NEWEST = 0.2


class Meter:
    """The counts of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        self.requests = Counter("rag_requests", "Requests answered", ("route", "method", "status"), registry=registry)
        self.seconds = Histogram(
            "rag_request_seconds", "From a request to the end of its response", ("route",),
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self.problems = Counter("rag_problems", "Requests that could not be met", ("code",), registry=registry)
        self.outcomes = Counter("rag_answers", "Questions, by what became of them", ("outcome",), registry=registry)
        self.tokens = Counter("rag_tokens", "Tokens of the generator", ("kind",), registry=registry)
        self.embedded = Counter("rag_embedded_tokens", "Tokens of embedded texts", registry=registry)
        self.waiting = Histogram(
            "rag_queue_wait_seconds", "Waiting for the generator", buckets=_SECONDS, registry=registry
        )
        self.generating = Histogram(
            "rag_generation_seconds", "Having the generator", buckets=_SECONDS, registry=registry
        )
        self._queue = Gauge("rag_queue_length", "Questions that wait for the generator or have it", registry=registry)
        self._models = Enum(
            "rag_models", "State of the models", states=["loading", "ready", "failed"], registry=registry
        )
        self._articles = Gauge("rag_articles", "Articles of the index", registry=registry)
        self.pace_s = _FIRST_PACE_S
        for outcome in ("answered", "refused", "invalid", "failed", "left"):
            self.outcomes.labels(outcome)

    def turn(self, waited_s: float, held_s: float) -> None:
        """Notes a turn with the generator that is over."""
        self.waiting.observe(waited_s)
        self.generating.observe(held_s)
        self.pace_s += _NEWEST * (held_s - self.pace_s)

    def answered(self, answer: Answer) -> None:
        """Notes an answer."""
        self.outcomes.labels("answered" if answer.answered else "refused").inc()
        for kind in ("prompt", "reused", "answer"):
            self.tokens.labels(kind).inc(getattr(answer.timings, f"{kind}_tokens"))

    def page(self, service: Service) -> bytes:
        """All counts, in the text format of Prometheus."""
        status = service.status()
        self._queue.set(service.queue_length)
        self._models.state(status.state)
        self._articles.set(status.articles)
        return generate_latest(self._registry)


class MeteredService(Service):
    """A service whose questions are counted."""

    def __init__(self, settings: Settings, meter: Meter, load: Callable[[Settings], Models] = load_models) -> None:
        super().__init__(settings, load, meter.turn)
        self.meter = meter

    def stream(
        self, question: str, history: Sequence[Turn] = (), scope: Scope = EVERYTHING, owner: str = ""
    ) -> Generator[Event, None, None]:
        outcome = "left"
        try:
            with closing(super().stream(question, history, scope, owner)) as events:
                for event in events:
                    if isinstance(event, Finished):
                        outcome = ""
                        self.meter.answered(event.answer)
                    yield event
        except BadInput:
            outcome = "invalid"
            raise
        except RagError:
            outcome = "failed"
            raise
        finally:
            if outcome:
                self.meter.outcomes.labels(outcome).inc()
