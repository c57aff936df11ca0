"""Every failure a user can meet, one class each, in families that share an exit code.

An error carries facts, not prose: its text and the next step to take are looked up in `rag/locales`
under the name of its class, in the user's language. `str(error)` is both, in English.
"""

from __future__ import annotations

from rag.wording import FALLBACK, say


class RagError(Exception):
    """Base of all of them. Keyword arguments fill the fields of the message."""

    exit_code = 1

    def __init__(self, **fields: object) -> None:
        super().__init__()
        self.fields = fields

    def message(self, language: str = FALLBACK) -> str:
        """What happened and why."""
        return say(f"error.{type(self).__name__}.message", language, **self.fields)

    def next_step(self, language: str = FALLBACK) -> str:
        """What the user can do about it."""
        return say(f"error.{type(self).__name__}.next", language, **self.fields)

    def __str__(self) -> str:
        return f"{self.message()} {self.next_step()}"


class UsageError(RagError):
    """The command or its settings are wrong."""

    exit_code = 2


class NotReady(RagError):
    """Something has to be fetched or built first."""

    exit_code = 3


class Disagreement(RagError):
    """Index and settings do not belong together."""

    exit_code = 4


class BadInput(RagError):
    """A file or a question cannot be used."""

    exit_code = 5


class UnknownSetting(UsageError):
    """`key` of `place` is no setting; `close` names the nearest one."""


class InvalidSetting(UsageError):
    """`key` of `place` has a value that is not allowed (`reason`)."""


class SettingsUnreadable(UsageError):
    """The settings file `path` is not TOML (`reason`)."""


class CannotListen(UsageError):
    """`port` of the address `host` cannot be listened on (`reason`)."""


class LoginMissing(UsageError):
    """Others than this machine reach the address `host`, and no login is asked of them."""


class TokenMissing(UsageError):
    """Others than this machine reach the address `host`, and no token is asked of them."""


class IndexMissing(NotReady):
    """There is no index in `path`."""


class IndexDamaged(NotReady):
    """The index in `path` cannot be read (`reason`)."""


class IndexPresent(UsageError):
    """There is an index in `path` already."""


class IndexBeyondRepair(NotReady):
    """Too little is left of the index in `path` to make it whole (`reason`)."""


class PackDamaged(BadInput):
    """The file `path` is not a whole index (`reason`)."""


class IndexTooNew(Disagreement):
    """The index in `path` has schema `found`, this version reads `known`."""


class IndexTooOld(Disagreement):
    """The index in `path` has schema `found`, this version reads `known`."""


class EmbedderMismatch(Disagreement):
    """The index in `path` was built with the embedder `built`, the settings name `chosen`."""


class StoreUnreachable(NotReady):
    """The shared index at `url` cannot be asked (`reason`)."""


class StoreTooOld(NotReady):
    """The server of the shared index at `url` is or has `found`, where `needed` is needed."""


class StoreDisagrees(Disagreement):
    """The shared index at `url` was begun with `built` as `name`, what is to be brought to it has `chosen`."""


class StoreCannot(UsageError):
    """`what` cannot be done with the shared index at `url`."""


class NameTaken(BadInput):
    """Another writer of a shared index has given the name `name` to another text."""


class RootsDropped(UsageError):
    """Articles from `dropped` are in the index in `path` and not among the paths given."""


class IndexBusy(NotReady):
    """Another process, `pid` on `host` since `started`, is writing the index in `path`."""


class LocksMissing(NotReady):
    """The file system of `path` has no locks (`reason`), so nobody could be kept from writing at the same time."""


class ModelMissing(NotReady):
    """The model file or folder `path` does not exist."""


class EndpointUnusable(NotReady):
    """The endpoint `url` does not answer as a generator should: `reason`."""


class ModelDamaged(NotReady):
    """The model in `path` is not what it should be (`reason`)."""


class ModelCrashed(NotReady):
    """The process that loaded the model `path` ended (`reason`: a signal, an exit code, a time)."""


class ModelUnreachable(NotReady):
    """No source delivered the model `name`; `tried` lists each with its reason, `path` is where it belongs."""


class FetchBusy(NotReady):
    """Another process is fetching the model that belongs in `path`."""


class LibraryMissing(NotReady):
    """The library `name` cannot be imported (`reason`)."""


class ExtraMissing(NotReady):
    """The extra `name` of rag is not installed (`reason`)."""


class ClusterUnusable(NotReady):
    """The Ray cluster at `address` cannot be used (`reason`)."""


class WorkerUnfit(NotReady):
    """The machine `host` of a cluster has not what this process has (`reason`)."""


class DiskFull(NotReady):
    """`path` has `free` MB free where `needed` MB are needed."""


class WriteFailed(NotReady):
    """`path` cannot be written (`reason`)."""


class ConversationsBusy(NotReady):
    """Another process is writing the conversations in `path`."""


class ConversationsDamaged(NotReady):
    """The conversations in `path` cannot be read (`reason`)."""


class ConversationsTooNew(Disagreement):
    """The conversations in `path` have schema `found`, this version reads `known`."""


class PathMissing(BadInput):
    """`path` does not exist."""


class NoArticles(BadInput):
    """`path` holds no file that can be read as an article."""


class EmptyArticle(BadInput):
    """The file `path` has no text."""


class FileTooLarge(BadInput):
    """The file `path` has `size` MB, more than `limit` MB."""


class NotText(BadInput):
    """The file `path` is not text (`reason`)."""


class FormatMismatch(BadInput):
    """The content of the file `path` is `found`, not what its suffix `named` says."""


class FileUnreadable(BadInput):
    """The file `path` cannot be opened (`reason`)."""


class FileDamaged(BadInput):
    """The file `path` is cut off or broken (`reason`)."""


class FileEncrypted(BadInput):
    """The file `path` can only be opened with a password."""


class NoTextLayer(BadInput):
    """The pages of the file `path` hold no text: they are blank, or pictures of text."""


class ArticleTooLong(BadInput):
    """The file `path` holds more than `limit`, which is the most that is read as one article."""


class TextFieldMissing(BadInput):
    """No field of `path` is known to hold the text of an article; its fields are `columns`."""


class NotAFeed(BadInput):
    """The file `path` is XML and neither RSS nor Atom: its outermost element is `found`."""


class ArchiveTooLarge(BadInput):
    """The archive `path` unpacks to more than `limit` MB, or to far more than such files do."""


class ArchiveTooMany(BadInput):
    """The archive `path` has more than `limit` files."""


class ArchiveTooDeep(BadInput):
    """The archive `path` lies in more than `limit` others."""


class TooManyFiles(BadInput):
    """The file `path` is one too many: at most `limit` are taken at a time."""


class UploadTooLarge(BadInput):
    """With the file `path`, the files given at a time would have more than `limit` MB."""


class NotOwnArticle(BadInput):
    """The article `document` lies in `folder`, which rag reads and never changes."""


class EmptyQuestion(BadInput):
    """The question has no words."""


class QuestionTooLong(BadInput):
    """The question has `length` characters, more than `limit`."""


class BadDate(BadInput):
    """`text` is neither a day nor a month nor a year."""


class PeriodReversed(BadInput):
    """The period from `since` to `until` ends before it begins."""


class UnknownDocument(BadInput):
    """No document of the index is called `name` or matches it; `close` lists the nearest ones."""


class UnknownSource(BadInput):
    """No article of the index is of the source `name`; `close` lists the nearest ones."""


class UnknownLanguage(BadInput):
    """No article of the index is in the language `name`; `close` lists those there are."""


class NothingInScope(BadInput):
    """No article meets all filters; the index has `articles`, `undated` ones, `dates`, `sources` and `languages`."""


class BadBatchLine(BadInput):
    """Line `line` of the batch file `path` cannot be used (`reason`)."""


class GenerationFailed(RagError):
    """The generator stopped with an error (`reason`)."""


class GeneratorCrashed(GenerationFailed):
    """The generator's process ended by itself (`reason`: a signal or an exit code)."""


class GeneratorKilled(GenerationFailed):
    """The generator's process was ended from outside by the signal `reason`, as the system does for want of memory."""


class GeneratorSilent(GenerationFailed):
    """The generator's process gave no sign of life for the time `reason` and was ended."""


class GeneratorResting(GenerationFailed):
    """The generator's process ended `times` times in a row; a new one is not started for another `seconds` s."""


class QueueFull(RagError):
    """`limit` questions wait for the generator already."""


class UnexpectedError(RagError):
    """Nothing foresaw this (`reason`)."""
