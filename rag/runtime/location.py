"""The index that the settings name: the one in PostgreSQL where `store` is its URL, or else the one in the folder."""

from __future__ import annotations

from rag import postgres
from rag.config import Settings
from rag.errors import IndexDamaged, StoreCannot
from rag.store import Catalog, Manifest, Searchable, current_manifest, open_catalog, open_index


def open_present(settings: Settings) -> Searchable:
    """Opens the index as it is now. Raises as `open_index` does, or as `rag.postgres.open_shared`."""
    if settings.store:
        return postgres.open_shared(settings.store)
    while True:
        manifest = current_manifest(settings.index)
        try:
            return open_index(settings.index)
        except IndexDamaged:
            # A build that has ended meanwhile has removed the old data; the manifest names the new.
            if current_manifest(settings.index) == manifest:
                raise


def present_catalog(settings: Settings) -> Catalog:
    """The catalog of the index as it is now, alone; to be closed. Raises as `open_present` does."""
    if settings.store:
        return postgres.open_shared(settings.store).catalog
    return open_catalog(settings.index)


def present_manifest(settings: Settings) -> Manifest:
    """What the index is now; another one once it has changed. Raises as `open_present` does."""
    if settings.store:
        return postgres.shared_manifest(settings.store)
    return current_manifest(settings.index)


def present_place(settings: Settings) -> str:
    """Where the index is, to be shown: of a URL neither password nor parameters."""
    return shown_place(settings.store) if settings.store else str(settings.index)


def is_url(place: str) -> bool:
    """Whether `place` is that of a shared index, and no folder."""
    return place.startswith(("postgresql://", "postgres://"))


def shown_place(place: str) -> str:
    """A folder or the URL of a shared index, as it may be shown."""
    if not is_url(place):
        return place
    return postgres.shown_url(place)


def needs_folder(settings: Settings, what: str) -> None:
    """Raises StoreCannot where `what` is asked for and the index is a shared one."""
    if settings.store:
        raise StoreCannot(url=present_place(settings), what=what)
