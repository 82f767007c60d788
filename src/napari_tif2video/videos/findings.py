"""What to say about a video that was made, and about one that exists and is kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from ..errors import SettingsError, SourceError
from ..picture import DARK_MEAN, FEW_PIXELS_HIGH, FrameStats
from ..pipeline import FinishedFile, settings_of, source_name
from ..planning import Plan
from ..recipe import CONTRASTS, Recipe, contrast_of, read_text
from ..settings import AUTO_PERCENTILE, VideoSettings, value_text
from ..units import Limits, counted, pairs_text, percent, size_text
from .result import Video


def findings(plan: Plan, constant: Sequence[int], stats: Sequence[FrameStats]) -> list[str]:
    """What to say about the frames of a video, if anything.

    Parameters
    ----------
    constant : sequence of int
        The frames without any contrast.
    """
    found: list[str] = []
    if plan.picture.is_raw:
        return found
    if constant:
        first = plan.stack.frames.label(constant[0])
        found.append(
            f"{len(constant)} of {plan.frames} frames have no contrast, all their pixels are "
            f"equal; the first is {first}"
        )
    # A blank frame says nothing of how bright the others are.
    varied = [frame.brightness for frame in stats if not frame.is_constant]
    sampled = [brightness for brightness in varied if brightness is not None]
    if not sampled:
        return found
    mean, high, robust_mean = map(fmean, zip(*sampled, strict=True))
    is_dark = mean < DARK_MEAN
    what, of_panel = "the video", ""
    if plan.sources:
        what, of_panel = "the darkest panel", " of the darkest panel"
    if plan.percentile is None and not CONTRASTS[plan.contrast].is_stated:
        if high < FEW_PIXELS_HIGH or is_dark:
            few = f"only one pixel in a thousand is brighter than {high:.0f}, and "
            found.append(
                f"a few bright pixels decide the range{of_panel}: of 255 grey levels, "
                f"{few if high < FEW_PIXELS_HIGH else ''}the mean is {mean:.1f}; "
                f"--percentile {' '.join(f'{p:g}' for p in AUTO_PERCENTILE)} would make it about "
                f"{robust_mean:.1f}"
            )
    elif is_dark:
        found.append(
            f"{what} is very dark (mean grey level {mean:.1f} of 255); try --gamma "
            f"0.5, or {'other' if plan.contrast == 'fixed' else 'fixed'} limits with --limits"
        )
    return found


def quality_notes(made: FinishedFile) -> list[str]:
    """How well a video was encoded that had to get a maximum size."""
    if made.psnr_db is None:
        return []
    codec, rate = made.plan.encoder.codec, made.plan.encoder.rate
    is_exact = made.psnr_db == math.inf
    lost = "no difference from" if is_exact else f"a PSNR of {made.psnr_db:.1f} dB against"
    return [
        f"{size_text(made.nbytes)} with rate factor {rate} of {codec.title}: {lost} the pictures "
        "before encoding"
    ]


def differences(path: Path, plan: Plan, limits: tuple[Limits, ...] | None) -> list[str]:
    """What to say about an existing video that is kept, if anything.

    Parameters
    ----------
    limits : tuple, optional
        Of each channel, where they were measured in this call.

    Returns
    -------
    list of str
        Empty where there is no difference, or where the video does not tell.
    """
    try:
        text = read_text(path)
    except SourceError as exc:
        reason = str(exc).removeprefix(f"{path}: ")
        return [f"what exists there {reason}; use --overwrite to make the video"]
    try:
        found = Recipe.from_json(text)
    except SettingsError:  # a video without a recipe
        return []
    parts = _settings(found, plan)
    if not parts and [dict(each) for each in found.drawn] != [d.to_dict() for d in plan.drawn]:
        parts.append("with other objects drawn onto it")
    before = tuple(channel.limits[0] for channel in found.channels if channel.limits)
    if not parts and limits is not None and before != limits:
        parts.append(f"with limits {pairs_text(before)}, this call's are {pairs_text(limits)}")
    if found.source != source_name(plan):
        parts.append(f"from {found.source}, this call's source is {source_name(plan)}")
    elif not parts and len(found.indices) != len(plan.indices):
        parts.append(f"of {len(found.indices)} frames, now there are {len(plan.indices)}")
    if not parts:
        return []
    return [f"the video that exists was made {'; '.join(parts)}; use --overwrite to make it again"]


def _settings(found: Recipe, plan: Plan) -> list[str]:
    """The settings that are not those of an existing video."""
    defaults = VideoSettings().to_dict()
    before, now = defaults | dict(found.settings), defaults | settings_of(plan)
    return [
        f"with {key} {value_text(before.get(key))}, this call's is {value_text(now.get(key))}"
        for key in now | before
        if before.get(key) != now.get(key)
    ]


def describe_fidelity(video: Video) -> str:
    """How close a video that was verified is to the frames, in a line for people."""
    rest = f"; {video.left_out} pages or files of the source are left out" if video.left_out else ""
    if video.psnr_worst_db == math.inf:
        return f"verified: all frames decode to what was rendered{rest}"
    return (
        f"verified: {video.frames} frames in order, PSNR {video.psnr_mean_db:.1f} dB, "
        f"worst frame {video.psnr_worst_db:.1f} dB{rest}"
    )


def describe_limits(video: Video) -> str:
    """What became black and white, and how much was outside, in a line for people."""
    bad = len(video.bad_frames)
    left_out = f", {counted(bad, 'bad frame')} left out" if bad else ""
    return f"{_described_limits(video)}{left_out}"


def _described_limits(video: Video) -> str:
    if video.contrast == "raw":
        return "counts as they are"
    clipped = f"{percent(video.clipped or 0)} of the values clipped"
    if contrast_of(video.contrast).has_own_limits:
        each = "of its own" if video.contrast == "local" else "smoothed over time"
        return f"each frame with limits {each}, {clipped}"
    pairs = [f"{low:g} to {high:g}" for low, high in video.shared_limits]
    if len(pairs) > 1:
        pairs = [f"{name} {pair}" for name, pair in zip(video.channels, pairs, strict=True)]
    return f"limits {', '.join(pairs)} ({video.contrast}), {clipped}"
