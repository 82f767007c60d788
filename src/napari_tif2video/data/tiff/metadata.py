"""What the metadata of a TIFF file say about lengths, times and channels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from tifffile import RESUNIT, TiffFile, TiffPage

from ...colours import GREY_TABLE, ChannelInfo, ramp
from ...units import length_um, time_s
from ..calibration import Calibration, believable
from .ome import OmeImage
from .pages import has_lut

# Private tags of NIS-Elements: time after the start in ms, µm a pixel, and all metadata.
_NIKON_TIME, _NIKON_PIXEL, _NIKON_METADATA = 65325, 65326, 65331

# Resolution tags are often what a printer or screen wants; no microscope has such pixels.
_PLAUSIBLE_UM = (0.001, 100.0)
_TIFF = "from the TIFF resolution"
_OME, _IMAGEJ, _METAMORPH, _METAXPRESS, _LSM = (
    f"from {name} metadata" for name in ("OME", "ImageJ", "MetaMorph", "MetaXpress", "LSM")
)
_NIKON = "from Nikon metadata"
# Prairie View writes tags as MetaMorph does, with this in the place of every size.
_PRAIRIE_UM = 99.0


@np.errstate(all="ignore")  # tifffile computes with what metadata say, zeros too
def calibration_of(
    tif: TiffFile, ome: OmeImage | None, frames: int | None
) -> tuple[Calibration, tuple[str, ...]]:
    """What is known about a file, and what should be said about it.

    Parameters
    ----------
    frames : int, optional
        Its number of time points; None where it has no axis of time.
    """
    imagej: dict[str, Any] = tif.imagej_metadata or {}
    metamorph: dict[str, Any] = tif.stk_metadata or {}
    lsm: dict[str, Any] = tif.lsm_metadata or {}
    width, height, origin, notes = _pixel_size(tif, imagej, metamorph, ome)
    interval, interval_origin, times = None, "", None
    if ome is not None and frames is not None:
        times = _times(ome, frames)
        interval, interval_origin = ome.frame_interval_s, _OME
        if interval is None and times is not None:
            interval = mean_step(times)
            interval_origin = f"mean of the plane times {_OME}"
    if interval is None:
        interval = time_s(imagej.get("finterval"), str(imagej.get("tunit", "s")))
        interval_origin = "" if interval is None else _IMAGEJ
    if metamorph and frames is not None:
        times = _metamorph_times(metamorph, frames)
        interval = None if times is None else mean_step(times)
        interval_origin = "" if interval is None else f"mean of the plane times {_METAMORPH}"
    if lsm and frames is not None:
        times = _lsm_times(lsm, frames)
        interval = time_s(lsm.get("TimeIntervall"), "s") if times is None else mean_step(times)
        interval_origin = "mean of the plane times " * (times is not None) + _LSM
        interval_origin *= interval is not None
    if width is not None and height is not None and abs(width / height - 1) > 0.01:
        notes += (f"its pixels are not square: {width:.6g} µm wide and {height:.6g} µm high",)
    spacing = _z_spacing(imagej, metamorph, ome) or length_um(lsm.get("VoxelSizeZ"), "m")
    calibration = Calibration(width, origin, interval, interval_origin, times, z_spacing_um=spacing)
    return calibration, notes


def _z_spacing(
    imagej: dict[str, Any], metamorph: dict[str, Any], ome: OmeImage | None
) -> float | None:
    """Distance from one slice to the next in µm."""
    if ome is not None:
        return ome.z_spacing_um
    spacing = length_um(imagej.get("spacing"), str(imagej.get("unit", "")))
    if spacing is None and "ZDistance" in metamorph:
        distances = np.abs(np.asarray(metamorph["ZDistance"], np.float64))
        if distances.size > 1 and distances[1] > 0:
            unit = str(metamorph.get("CalibrationUnits", ""))
            spacing = length_um(float(distances[1]), unit)
    return spacing


def channels_of(tif: TiffFile, ome: OmeImage | None, count: int) -> tuple[ChannelInfo, ...]:
    """Names, colours and display ranges of the channels, as far as they are known."""
    meta: dict[str, Any] = tif.imagej_metadata or {}
    if ome is not None:
        known = [
            ChannelInfo(name, None if colour is None else ramp(colour), ome.limits.get(number))
            for number, (name, colour) in enumerate(zip(ome.names, ome.colours, strict=True))
        ][:count]
        ranges = _display_ranges(meta, len(known))
        if ranges and not ome.limits:  # Micro-Manager writes both
            known = [replace(i, limits=r) for i, r in zip(known, ranges, strict=True)]
        if tif.is_micromanager:
            known = as_shown(known, Path(tif.filehandle.path).parent)
        # A single channel is shown grey, whatever colour it would have among others.
        return tuple(known) if count > 1 else tuple(replace(i, colours=None) for i in known)
    if tif.is_lsm:
        return _lsm_channels(tif.lsm_metadata or {}, count)
    found = meta.get("LUTs", ())
    # tifffile gives the only one of a file as it is.
    several = [found] if isinstance(found, np.ndarray) else found
    tables = [np.asarray(table) for table in several[:count]]
    page = tif.pages.first
    if not tables and count == 1 and has_lut(page) and page.colormap is not None:
        tables = [(page.colormap >> 8).astype(np.uint8)]
    if any(table.shape != (3, 256) or table.dtype != np.uint8 for table in tables):
        tables = []
    colours = [np.ascontiguousarray(table.T).tobytes() for table in tables]
    if count == 1 and colours == [GREY_TABLE]:
        colours = []
    limits = _display_ranges(meta, count)
    return tuple(
        ChannelInfo(
            "",
            colours[n] if n < len(colours) else None,
            limits[n] if n < len(limits) else None,
        )
        for n in range(max(len(colours), len(limits)))
    )


def as_shown(known: Sequence[ChannelInfo], folder: Path) -> list[ChannelInfo]:
    """Channels in the colours and ranges in which Micro-Manager showed those of these names.

    It writes that beside the data: in one way for NDTiff, and in another for all else.
    """
    shown: dict[str, ChannelInfo] = {}
    for name, channels in (
        ("display_settings.txt", _shown_by_ndtiff),
        ("DisplaySettings.json", _shown_by_studio),
    ):
        try:
            found = json.loads((folder / name).read_text(encoding="utf-8"))
            shown |= {info.name: info for info in channels(found)}
        except (OSError, ValueError, RecursionError, TypeError, LookupError, AttributeError):
            continue  # not there, or of another version
    return [
        replace(
            info,
            colours=shown[info.name].colours or info.colours,
            limits=shown[info.name].limits or info.limits,
        )
        if info.name in shown
        else info
        for info in known
    ]


def _shown_by_ndtiff(found: Any) -> Iterator[ChannelInfo]:
    for name, values in found.items():
        if isinstance(values, dict):
            colour = values.get("Color")
            rgb = None
            if isinstance(colour, int):  # signed 32-bit ARGB
                rgb = (colour >> 16 & 255, colour >> 8 & 255, colour & 255)
            yield _shown(name, rgb, values.get("Min"), values.get("Max"))


def _shown_by_studio(found: Any) -> Iterator[ChannelInfo]:
    for values in found["map"]["ChannelSettings"]["array"]:
        parts = values["Color"]["scalar"]["Components"]
        red, green, blue = (round(255 * float(part)) & 255 for part in parts)
        grey = values["ComponentSettings"]["array"][0]
        limits = (grey[f"Scaling{end}"]["scalar"] for end in ("Min", "Max"))
        yield _shown(values["Channel"]["scalar"], (red, green, blue), *limits)


def _shown(name: str, rgb: tuple[int, int, int] | None, low: object, high: object) -> ChannelInfo:
    limits = None
    # The largest number there is stands for "nobody said".
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and low < high < 2**32:
        limits = (float(low), float(high))
    return ChannelInfo(name, None if rgb is None else ramp(rgb), limits)


def _display_ranges(meta: dict[str, Any], count: int) -> list[tuple[float, float]]:
    """The display range of each channel as ImageJ stored it; empty where it did not.

    That of a single channel stands in its description, those of several in a tag of its own.
    """
    values = list(meta.get("Ranges") or ())
    if not values and count == 1:
        values = [meta[key] for key in ("min", "max") if key in meta]
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError):
        return []
    pairs = list(zip(numbers[::2], numbers[1::2], strict=False))[:count]
    return pairs if all(low < high for low, high in pairs) and len(pairs) == count else []


@dataclass(frozen=True)
class _Claim:
    """What one part of a file says about the size of a pixel."""

    width_um: float | None
    height_um: float | None
    origin: str
    default_um: float | None = None
    may_be_dpi: bool = False


def _pixel_size(
    tif: TiffFile, imagej: dict[str, Any], metamorph: dict[str, Any], ome: OmeImage | None
) -> tuple[float | None, float | None, str, tuple[str, ...]]:
    """Width and height of a pixel in µm, who says so, and what is not believed."""
    notes: tuple[str, ...] = ()
    for claim in _claims(tif, imagej, metamorph, ome):
        if claim.width_um is None:
            continue
        width, doubts = believable(
            claim.width_um, claim.origin, default_um=claim.default_um, dpi=claim.may_be_dpi
        )
        is_plausible = _PLAUSIBLE_UM[0] <= claim.width_um <= _PLAUSIBLE_UM[1]
        if width is not None and (is_plausible or claim.origin != _TIFF):
            return width, claim.height_um, claim.origin, ()
        notes = notes or doubts
    return None, None, "", notes


def _claims(
    tif: TiffFile, imagej: dict[str, Any], metamorph: dict[str, Any], ome: OmeImage | None
) -> Iterator[_Claim]:
    """What a file says, the most trustworthy first."""
    page = tif.pages.first
    if ome is not None:
        default = 1.0 if tif.is_micromanager else None
        yield _Claim(ome.pixel_size_um, ome.pixel_height_um, _OME, default)
    unit = str(metamorph.get("CalibrationUnits", ""))
    width, height = (length_um(metamorph.get(f"{a}Calibration"), unit) for a in "XY")
    yield _Claim(width, height, _METAMORPH, _PRAIRIE_UM)
    if tif.is_metaseries:
        yield _metaxpress(tif)
    if tif.is_lsm:
        lsm = tif.lsm_metadata or {}
        width, height = (length_um(lsm.get(f"VoxelSize{a}"), "m") for a in "XY")
        yield _Claim(width, height, _LSM)
    nikon = _nikon(page)
    if nikon is not None:
        # Of pixels that are not square, the tags do not say which side is meant.
        yield _Claim(nikon[1], nikon[1], _NIKON, default_um=1.0)
    per_unit = _resolution(page, "XResolution"), _resolution(page, "YResolution")
    if per_unit[0] is None:
        return
    unit = str(imagej.get("unit", ""))
    width, height = (None if n is None else length_um(1 / n, unit) for n in per_unit)
    # ImageJ takes over what a TIFF says in inches or cm.
    yield _Claim(width, height, _IMAGEJ, may_be_dpi=unit.lower() in ("inch", "inches", "in", "cm"))
    tag = page.tags.valueof("ResolutionUnit", default=RESUNIT.INCH)
    unit = {RESUNIT.INCH: "inch", RESUNIT.CENTIMETER: "cm"}.get(tag, "")
    width, height = (None if n is None else length_um(1 / n, unit) for n in per_unit)
    yield _Claim(width, height, _TIFF, may_be_dpi=True)


def _metaxpress(tif: TiffFile) -> _Claim:
    """What MetaXpress and MetaMorph say about each plane in their XML."""
    meta = (tif.metaseries_metadata or {}).get("PlaneInfo")
    if not isinstance(meta, dict) or not meta.get("spatial-calibration-state", True):
        return _Claim(None, None, _METAXPRESS)
    unit = str(meta.get("spatial-calibration-units", ""))
    width, height = (length_um(meta.get(f"spatial-calibration-{a}"), unit) for a in "xy")
    return _Claim(width, height, _METAXPRESS)


def _lsm_times(meta: dict[str, Any], frames: int) -> tuple[float, ...] | None:
    """When each time point began, in s after the first."""
    stamps = meta.get("TimeStamps")
    if stamps is None or len(stamps) != frames:
        return None
    times = tuple(float(stamp - stamps[0]) for stamp in stamps)
    return times if all(a < b for a, b in pairwise(times)) and frames > 1 else None


def _lsm_channels(meta: dict[str, Any], count: int) -> tuple[ChannelInfo, ...]:
    known = meta.get("ChannelColors") or {}
    names, colours = known.get("ColorNames") or [], known.get("Colors") or []
    if not len(names) == len(colours) == count:
        return ()
    if count == 1:
        return (ChannelInfo(names[0]),)
    rgb = [(int(colour[0]), int(colour[1]), int(colour[2])) for colour in colours]
    return tuple(ChannelInfo(name, ramp(c)) for name, c in zip(names, rgb, strict=True))


def nikon_time_s(tif: TiffFile) -> float | None:
    """When the image of a file of Nikon's NIS-Elements was taken, in s after the start."""
    found = _nikon(tif.pages.first)
    return None if found is None else found[0]


def with_nikon_times(
    known: Calibration, began_s: float, ended_s: float, frames: int
) -> Calibration:
    """The mean time between the first and the last of so many files, where nothing else says it."""
    steps = frames - 1 if known.places is None else known.places[-1]
    if known.frame_interval_s is not None or steps < 1 or ended_s <= began_s:
        return known
    return replace(
        known,
        frame_interval_s=(ended_s - began_s) / steps,
        frame_interval_origin=f"mean of the first and last time {_NIKON}",
    )


def _nikon(page: TiffPage) -> tuple[float, float] | None:
    """Time in s and width of a pixel in µm, as NIS-Elements writes them into tags of its own.

    NDPI files use the first of these numbers for something else.
    """
    if _NIKON_METADATA not in page.tags:
        return None
    ms, um = page.tags.valueof(_NIKON_TIME), page.tags.valueof(_NIKON_PIXEL)
    if not (isinstance(ms, float) and isinstance(um, float) and ms >= 0 and um > 0):
        return None
    return ms / 1000, um


def _resolution(page: TiffPage, name: str) -> float | None:
    """Pixels per unit of length."""
    value = page.tags.valueof(name)
    if not isinstance(value, tuple) or len(value) != 2 or not value[0] or not value[1]:
        return None
    return float(value[0] / value[1])


def _times(ome: OmeImage, frames: int) -> tuple[float, ...] | None:
    """When each time point began: its earliest plane; None unless all are known."""
    begun: dict[int, float] = {}
    for (t, _, _), seconds in ome.times_s.items():
        begun[t] = min(seconds, begun.get(t, seconds))
    if ome.sizes["T"] != frames or len(begun) != frames or max(begun) != frames - 1:
        return None
    return tuple(begun[t] for t in range(frames))


def mean_step(times: tuple[float, ...]) -> float | None:
    """The mean time from one frame to the next; None where it does not go on."""
    return (times[-1] - times[0]) / (len(times) - 1) if times[-1] > times[0] else None


def _metamorph_times(meta: dict[str, Any], frames: int) -> tuple[float, ...] | None:
    """When each plane was made, in s after the first."""
    ms = meta.get("TimeCreated")
    if ms is None or len(ms) != frames:
        return None
    seconds = np.asarray(ms, np.float64) / 1000
    # The time of day: past midnight the count begins again.
    seconds += 86400.0 * np.concatenate([[0], np.cumsum(np.diff(seconds) < 0)])
    return tuple((seconds - seconds[0]).tolist())
