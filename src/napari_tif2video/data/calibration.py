"""What lengths and times in the data mean: pixel size, frame interval, and who says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

# The origin of what a user says.
_GIVEN = "given"

# Resolutions that screens and printers have, in dots per inch: programs write them where nobody
# told them the size of a pixel.
_PRINT_DPI = (
    *(72, 75, 90, 96, 100, 120, 144, 150, 160, 180, 192, 200, 203, 216, 220, 240, 288, 300, 320),
    *(350, 360, 400, 450, 480, 600, 720, 800, 900, 1000, 1200, 1440, 1800, 2400, 2880, 3600, 4800),
)
_INCH_UM = 25400.0
_SAME = 2e-4  # 72 dpi are 28.35 pixels a cm


def believable(
    pixel_size_um: float | None, origin: str, *, default_um: float | None = None, dpi: bool = False
) -> tuple[float | None, tuple[str, ...]]:
    """A pixel size if it was measured, or None and a note that says why it is not used.

    Parameters
    ----------
    origin : str
        Who says so, such as "from OME metadata".
    default_um : float, optional
        What the program writes where it knows nothing.
    dpi : bool
        Whether it may be a resolution for printers.
    """
    if pixel_size_um is None:
        return None, ()
    reason = ""
    if default_um is not None and abs(pixel_size_um / default_um - 1) < _SAME:
        reason = "is what its program writes where nobody said"
    elif dpi:
        found = [n for n in _PRINT_DPI if abs(_INCH_UM / n / pixel_size_um - 1) < _SAME]
        reason = f"is a resolution for printing, {found[0]} dpi" if found else ""
    if not reason:
        return pixel_size_um, ()
    return None, (f"its pixel size of {pixel_size_um:.4g} µm ({origin}) {reason}, and not used",)


@dataclass(frozen=True)
class Calibration:
    """Lengths and times of a stack, as far as they are known.

    Attributes
    ----------
    pixel_size_um : float, optional
        Width of a pixel in µm.
    pixel_size_origin : str
        Who says so, such as "from OME metadata".
    frame_interval_s : float, optional
        Time from one frame to the next in s.
    frame_interval_origin : str
    times_s : tuple of float, optional
        When each frame was taken, in s after the start, where each was recorded, or where it
        does not follow from the interval alone.
    places : tuple of int, optional
        How many intervals after the first each frame was taken, where some are missing.
    z_spacing_um : float, optional
        Distance from one slice to the next in µm.
    """

    pixel_size_um: float | None = None
    pixel_size_origin: str = ""
    frame_interval_s: float | None = None
    frame_interval_origin: str = ""
    times_s: tuple[float, ...] | None = None
    places: tuple[int, ...] | None = None
    z_spacing_um: float | None = None

    def select(self, indices: Sequence[int]) -> Calibration:
        """What is true of these frames, in this order."""
        times = self.times(max(indices, default=-1) + 1)
        if times is not None and (self.times_s is not None or not _is_beginning(indices)):
            times = tuple(times[i] for i in indices)
        else:
            times = None
        steps = {b - a for a, b in pairwise(indices)}
        interval = self.frame_interval_s
        if interval is not None and steps:
            interval = abs(steps.pop()) * interval if len(steps) == 1 else None
        origin = "" if interval is None else self.frame_interval_origin
        places = None
        if self.places is not None and times is None:
            places = tuple(self.places[i] for i in indices)
        return replace(
            self,
            frame_interval_s=interval,
            frame_interval_origin=origin,
            times_s=times,
            places=places,
        )

    def without_frames(self, kept: Sequence[int]) -> Calibration:
        """What is true of these frames where the others between them are missing.

        Unlike with `select`, the interval is still that of the source.
        """
        times, places = self.times_s, self.places
        return replace(
            self,
            times_s=None if times is None else tuple(times[i] for i in kept),
            places=tuple(i if places is None else places[i] for i in kept),
        )

    def times(self, frames: int) -> tuple[float, ...] | None:
        """When each of so many frames was taken, in s; None where it is not known."""
        if self.times_s is not None:
            return self.times_s
        interval, places = self.frame_interval_s, self.places or range(frames)
        return None if interval is None else tuple(interval * place for place in places)

    def given(self, pixel_size_um: float | None, frame_interval_s: float | None) -> Calibration:
        """With what somebody says instead of what the source says."""
        found = self
        if pixel_size_um is not None:
            found = replace(found, pixel_size_um=pixel_size_um, pixel_size_origin=_GIVEN)
        if frame_interval_s is not None:
            found = replace(
                found,
                frame_interval_s=frame_interval_s,
                frame_interval_origin=_GIVEN,
                times_s=None,
            )
        return found

    def without_time(self) -> Calibration:
        """What is left when another axis than time is played."""
        return replace(
            self, frame_interval_s=None, frame_interval_origin="", times_s=None, places=None
        )

    def __str__(self) -> str:
        parts = []
        if self.pixel_size_um is not None:
            parts.append(f"{self.pixel_size_um:.6g} µm a pixel ({self.pixel_size_origin})")
        if self.frame_interval_s is not None:
            parts.append(f"{self.frame_interval_s:.6g} s a frame ({self.frame_interval_origin})")
        return ", ".join(parts)


def _is_beginning(indices: Sequence[int]) -> bool:
    """Whether these are the first frames, each of them and in order."""
    return all(index == place for place, index in enumerate(indices))
