"""Finished segments of a video, kept beside it until it is complete.

A run that was stopped, however hard, is gone on with: each segment has a key, which is a digest of
all that makes its bytes, and what has the same key need not be made again. So nothing is used that
an undisturbed run would have made otherwise.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import platform
import stat
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO

import av

from ..data import identity_of
from ..encode import PART_PREFIX, EncodedSegment, FrameCheck, packed, unpacked
from ..errors import EncodingError, OutputError, SourceError
from ..overlays import Timeline
from ..picture import Brightness, FrameStats, SequenceLimits
from ..planning import Plan
from .tasks import Segment, limits_of_span, segments_of
from .versions import versions

# The name and number of the format. Behind it, record by record: key and SHA-256 of what follows,
# lengths of facts and of packets; facts as JSON; packets as `encode` packs them.
_MAGIC = b"tif2video segments 1\n"
_RECORD = struct.Struct("<32s32sQQ")

# What else than this package has a part in the bytes of a segment.
_LIBRARIES = ("numpy", "tifffile", "imagecodecs", "pillow", "ttf-opensans", "aggdraw")


def segment_keys(plan: Plan, limits: SequenceLimits | None) -> list[bytes]:
    """A digest for each segment of all that makes its bytes.

    Raises
    ------
    SourceError
        Nothing tells the frames of the source from others, as they are in memory.
    """
    encoder = {
        field.name: getattr(plan.encoder, field.name)
        for field in dataclasses.fields(plan.encoder)
        if field.name not in ("codec", "container")
    }
    names = plan.encoder.codec.name, plan.encoder.container.ending
    same = (_versions(), names, encoder, plan.picture.with_limits(limits))
    keys = []
    for span in segments_of(plan):
        sources = [identity_of(channel.frames.select(span)) for channel in plan.stack.channels]
        part = plan.timeline.part(span)
        drawn = [drawing.identity() for drawing in part.all_drawings]
        if None in (*sources, *drawn):
            raise SourceError(
                f"{plan.stack.name}: resume is for files; an array in memory is converted anew"
            )
        own = (limits_of_span(limits, span), _facts_of_times(part), sources)
        keys.append(hashlib.sha256(repr((same, own)).encode()).digest())
    return keys


def _facts_of_times(timeline: Timeline) -> object:
    """What frames show besides their pixels; its `repr` is the same in any process."""
    drawn = [drawing.identity() for drawing in timeline.drawings]
    own = (list(timeline.frames), timeline.times_s, timeline.moves, timeline.marks, drawn)
    return own, [_facts_of_times(source) for source in timeline.sources]


@cache
def _versions() -> tuple[object, ...]:
    found: list[object] = [versions(), av.library_versions, platform.machine()]
    for name in _LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found.append((name, version(name)))
    return tuple(found)


@dataclass(frozen=True)
class _Place:
    """Where a record is in the file."""

    start: int
    facts: int
    packets: int
    digest: bytes


class KeptSegments:
    """The file with the finished segments of one video; see `kept_segments`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._places: dict[bytes, _Place] = {}
        self._end = 0
        self._scan()
        self._before = frozenset(self._places)
        self._used = 0
        self._wanted = 0

    @property
    def is_empty(self) -> bool:
        return not self._places

    @property
    def notes(self) -> tuple[str, ...]:
        """What was used of an earlier run."""
        if not self._before or not self._wanted:
            return ()
        if not self._used:
            return (
                "the source, the settings or a version has changed since the run that was stopped; "
                "all is made anew",
            )
        return (f"{self._used} of {self._wanted} segments are those of a run that was stopped",)

    def merged(self, keys: Sequence[bytes], take: Callable[[Segment], None]) -> Merged:
        """Hand segments that are here already to `take`, and new ones, in order."""
        finished = frozenset(number for number, key in enumerate(keys) if key in self._places)
        self._wanted = len(keys)
        self._used = len(self._before.intersection(keys))
        return Merged(self, keys, finished, take)

    def segments(self, keys: Sequence[bytes]) -> Iterator[EncodedSegment]:
        """The packets of segments that are all here."""
        return (self.read(key).encoded for key in keys)

    def write(self, key: bytes, segment: Segment) -> None:
        facts = json.dumps(_facts_of(segment), default=lambda value: value.item()).encode()
        packets = packed(segment.encoded)
        digest = hashlib.sha256(facts + packets).digest()
        head = _RECORD.pack(key, digest, len(facts), len(packets))
        place = _Place(self._end + len(head), len(facts), len(packets), digest)
        try:
            self._file.seek(self._end)
            self._file.write(head + facts + packets)
            self._file.flush()
        except OSError as exc:
            raise EncodingError(f"the video cannot be written ({exc})") from exc
        self._places[key] = place
        self._end = place.start + place.facts + place.packets

    def read(self, key: bytes) -> Segment:
        place = self._places[key]
        try:
            self._file.seek(place.start)
            content = self._file.read(place.facts + place.packets)
            if hashlib.sha256(content).digest() != place.digest:
                raise EOFError("it is not what was written")
            facts = json.loads(content[: place.facts])
            return _segment_of(facts, unpacked(content[place.facts :]))
        except (OSError, EOFError) as exc:
            raise EncodingError(f"what was encoded cannot be read back ({exc})") from exc

    def _scan(self) -> None:
        """Find the records that are whole; what follows the last of them is written over."""
        try:
            self._file.seek(0)
            if self._file.read(len(_MAGIC)) == _MAGIC:
                self._end = len(_MAGIC)
                while self._next_is_whole():
                    pass
            else:
                self._file.seek(0)
                self._file.write(_MAGIC)
                self._end = len(_MAGIC)
            self._file.truncate(self._end)
        except OSError as exc:
            raise EncodingError(f"what was encoded cannot be read back ({exc})") from exc

    def _next_is_whole(self) -> bool:
        head = self._file.read(_RECORD.size)
        if len(head) < _RECORD.size:
            return False
        key, digest, facts, packets = _RECORD.unpack(head)
        start = self._end + len(head)
        size = os.fstat(self._file.fileno()).st_size
        if start + facts + packets > size:
            return False
        if hashlib.sha256(self._file.read(facts + packets)).digest() != digest:
            return False
        self._places[key] = _Place(start, facts, packets, digest)
        self._end = start + facts + packets
        return True


class Merged:
    """New segments in order, between which those come that were there already.

    Attributes
    ----------
    finished : frozenset of int
        The numbers of these.
    """

    def __init__(
        self,
        kept: KeptSegments,
        keys: Sequence[bytes],
        finished: frozenset[int],
        take: Callable[[Segment], None],
    ) -> None:
        self.finished = finished
        self._kept, self._keys, self._take = kept, keys, take
        self._next = 0
        self._pass_on()

    def append(self, segment: Segment) -> None:
        self._kept.write(self._keys[self._next], segment)
        self._take(segment)
        self._next += 1
        self._pass_on()

    def _pass_on(self) -> None:
        while self._next in self.finished:
            self._take(self._kept.read(self._keys[self._next]))
            self._next += 1


def _facts_of(segment: Segment) -> dict[str, Any]:
    encoded = segment.encoded
    return {
        "stats": [dataclasses.asdict(stats) for stats in segment.stats],
        "squared_error": encoded.squared_error,
        "checks": [dataclasses.astuple(check) for check in encoded.checks],
    }


def _segment_of(facts: dict[str, Any], encoded: EncodedSegment) -> Segment:
    stats = []
    for values in facts["stats"]:
        known = values["brightness"]
        values["brightness"] = None if known is None else Brightness(*known)
        values["limits"] = tuple((low, high) for low, high in values["limits"])
        stats.append(FrameStats(**values))
    checks = tuple(FrameCheck(*values) for values in facts["checks"])
    encoded = dataclasses.replace(encoded, squared_error=facts["squared_error"], checks=checks)
    return Segment(encoded, tuple(stats))


def _path_of(output: Path) -> Path:
    name = hashlib.sha256(os.fsencode(output.name)).hexdigest()[:16]
    return output.with_name(f"{PART_PREFIX}{name}.resume")


@contextlib.contextmanager
def kept_segments(output: Path) -> Iterator[KeptSegments]:
    """The file for the segments of this video, for one run at a time.

    It stays when the block ends, if there is anything in it: `forget_segments` removes it.

    Raises
    ------
    OutputError
        It cannot be opened, or another run has it.
    """
    path = _path_of(output)
    try:
        file = _opened(path)
    except BlockingIOError:
        raise OutputError(f"{output}: another run is making it; wait for that one") from None
    except OSError as exc:
        raise OutputError(
            f"{output}: its finished segments cannot be kept ({exc.strerror or exc})"
        ) from exc
    with file:
        kept = KeptSegments(file)
        try:
            yield kept
        finally:
            if kept.is_empty:
                with contextlib.suppress(OSError):
                    path.unlink()


def forget_segments(output: Path) -> None:
    """Remove what was kept of this video, as it is complete."""
    with contextlib.suppress(OSError):
        _path_of(output).unlink()


def _opened(path: Path) -> BinaryIO:
    """A file that is ours alone, and that no other run uses."""
    with contextlib.suppress(FileNotFoundError):
        if not _is_private(os.lstat(path)):  # somebody else can write into it, or has made it
            path.unlink()
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    file = open(os.open(path, flags, 0o600), "r+b")  # noqa: SIM115 - the caller closes it
    try:
        if not _is_private(os.fstat(file.fileno())):
            raise PermissionError("it belongs to somebody else")
        _lock(file)
    except BaseException:
        file.close()
        raise
    return file


def _is_private(found: os.stat_result) -> bool:
    if not stat.S_ISREG(found.st_mode):
        return False
    if not hasattr(os, "geteuid"):
        return True
    return found.st_uid == os.geteuid() and found.st_nlink == 1 and not found.st_mode & 0o077


def _lock(file: BinaryIO) -> None:
    """Raises BlockingIOError where another run has it; without locks, that cannot be told."""
    try:
        import fcntl
    except ImportError:  # on Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # file systems without locks
        return
