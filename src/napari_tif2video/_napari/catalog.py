"""Which axes the listed folders and files have, found out in the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from qtpy.QtCore import QObject, Signal

from ..data import open_stack
from ..errors import Tif2VideoError, describe
from .background import Background
from .source_axes import SourceAxes


@dataclass(frozen=True)
class Entry:
    """What is known about a source: its axes, or why it cannot be opened."""

    axes: SourceAxes = field(default_factory=SourceAxes)
    problem: str = ""


class Catalog(QObject):
    """Opens one source after the other, and remembers what it found; nothing is kept open.

    Signals
    -------
    changed()
        One more source was looked at.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[tuple[str, str | None], Entry] = {}
        self._wanted: list[tuple[str, str | None]] = []
        self._current: tuple[str, str | None] | None = None
        self._work = Background(0, self)
        self._work.done.connect(self._on_done)
        self._work.failed.connect(self._on_failed)

    @property
    def is_busy(self) -> bool:
        return self._current is not None

    def look_at(self, paths: Sequence[str], axes: str | None) -> None:
        """Find out about these sources, with their axes named like this if they are."""
        self._wanted = [(path, axes) for path in paths]
        self._entries = {key: self._entries[key] for key in self._wanted if key in self._entries}
        self._go_on()

    def entries(self) -> list[Entry | None]:
        """What is known about each of these sources so far."""
        return [self._entries.get(key) for key in self._wanted]

    def stop(self) -> None:
        self._work.cancel()
        self._wanted, self._current = [], None

    def _go_on(self) -> None:
        # A result is about its source whenever it comes, so the running one may always end.
        if self._current is not None:
            return
        self._current = next((key for key in self._wanted if key not in self._entries), None)
        if self._current is not None:
            path, axes = self._current
            self._work.request(lambda _: _looked_at(path, axes))

    def _on_done(self, entry: Entry) -> None:
        key, self._current = self._current, None
        if key in self._wanted:
            self._entries[key] = entry
            self.changed.emit()
        self._go_on()

    def _on_failed(self, error: Exception) -> None:
        self._on_done(Entry(problem=describe(error)))


def _looked_at(path: str, axes: str | None) -> Entry:
    try:
        return Entry(SourceAxes.of(open_stack(path, None, axes)))
    except Tif2VideoError as exc:
        return Entry(problem=describe(exc))
