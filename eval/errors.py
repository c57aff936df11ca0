"""What can be wrong with sets, runs and baselines. The texts are in `rag/locales`, as for all errors."""

from __future__ import annotations

from rag.errors import BadInput, Disagreement, NotReady


class MalformedSet(BadInput):
    """Line `line` of the evaluation set `path` cannot be used (`reason`)."""


class RunMissing(BadInput):
    """There is no run `run`; `known` names the latest ones."""


class RunUnreadable(BadInput):
    """The run or baseline in `path` cannot be read (`reason`)."""


class NothingShared(BadInput):
    """`a` and `b` have no case with a score in both."""


class NoCases(BadInput):
    """Nothing of the set `path` is left to ask after the options have chosen from it."""


class BaselineMissing(NotReady):
    """There is no baseline in `path`."""


class BaselineStale(Disagreement):
    """The baseline `path` was made from another state of `what`."""


class ServerNotReady(NotReady):
    """The server at `url` could not answer within `seconds` (`reason`)."""
