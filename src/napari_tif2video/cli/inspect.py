"""What a recipe says, in words: for `--inspect`, and for the settings that are taken from one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import SettingsError, escaped
from ..recipe import Recipe, RecipeChannel, RecipeSource, contrast_of
from ..settings import VideoSettings, value_text
from ..units import counted, decimal_fps, pairs_text, percent


def describe_recipe(recipe: Recipe) -> str:
    """A recipe for people, several lines."""
    rows = list(_rows_of_source(recipe))
    if recipe.title_frames:
        rows.append(("title", f"{counted(recipe.title_frames, 'frame')} before those of the data"))
    rows += [
        ("shown", f"{_crop(recipe)} -> {recipe.width}x{recipe.height}, {_fps(recipe)} fps"),
        ("contrast", f"{recipe.contrast} ({contrast_of(recipe.contrast).origin})"),
    ]
    rows += [(str(each.get("kind")), _drawn(each)) for each in recipe.drawn]
    if recipe.batch:
        rows.append(("batch", ", ".join(recipe.batch)))
    rows += [("channel", _channel(recipe, channel)) for channel in recipe.channels]
    rows.append(("clipped", f"{percent(recipe.clipped)} of the values"))
    known = recipe.calibration
    if "pixel_size_um" in known:
        rows.append(
            ("pixel", f"{known['pixel_size_um']:.6g} µm ({known.get('pixel_size_origin')})")
        )
    if "frame_interval_s" in known:
        said = known.get("frame_interval_origin")
        rows.append(("interval", f"{known['frame_interval_s']:.6g} s ({said})"))
    rows += [
        ("counts", _formula(recipe)),
        ("settings", _settings(recipe)),
        ("made with", ", ".join(f"{name} {number}" for name, number in recipe.versions.items())),
    ]
    return "\n".join(f"{name + ':':<10} {escaped(text)}" for name, text in rows)


def _rows_of_source(source: Recipe | RecipeSource) -> Iterator[tuple[str, str]]:
    """What was taken of it, or of each of several."""
    if isinstance(source, Recipe) and source.sources:
        for number, each in enumerate(source.sources):
            yield "panel", f"{number}, of channel {', '.join(map(str, each.channels))}"
            yield from _rows_of_source(each)
            if _crop(each) != "whole frame":
                yield "crop", str(each.crop)
        yield "frames", f"{source.frames}, in which the panels are side by side"
        return
    (width, height), good, bad = source.source_size, source.numbers, source.bad_frames
    step = "" if source.indices.step == 1 else f" in steps of {source.indices.step}"
    yield "source", f"{source.source}, {width}x{height} {source.source_type}"
    yield (
        "frames",
        f"{source.frames}, from {good[0]} ({source.first_frame}) to {good[-1]} "
        f"({source.last_frame}){step}",
    )
    if bad:
        few = ", ".join(map(str, bad[:20])) + (", ..." if len(bad) > 20 else "")
        yield "left out", f"{len(bad)} that cannot be read: {few}"


def reuse_note(recipe: Recipe, reuse: str | None, sources: int) -> str:
    """What settings from a recipe do with its limits; empty where there is nothing to choose.

    Parameters
    ----------
    sources : int
        Number of sources of this call.
    """
    if recipe.contrast in ("fixed", "raw"):
        return ""
    if recipe.uses_numbers(reuse):
        return f"the limits of the video are used as they are: {_all_pairs(recipe)}"
    if recipe.has_own_limits:
        return f"contrast {recipe.contrast}: limits are measured anew for each frame"
    if contrast_of(recipe.contrast).is_stated:
        return ""
    measured = f"contrast {recipe.contrast}: limits are measured anew"
    if recipe.contrast == "batch":
        measured += f" over the {counted(sources, 'source')} of this call"
        if sources != len(recipe.batch):
            measured += (
                f", where the video shared them with others ({len(recipe.batch)} in all): only "
                "together these are the same again"
            )
    return f"{measured}; --reuse numbers takes those of the video, {_all_pairs(recipe)}"


def _drawn(values: Mapping[str, Any]) -> str:
    """What was drawn at places of the data."""
    parts = [counted(values.get("objects", 0), "object")]
    if values.get("left_out"):
        parts.append(f"{values['left_out']} of its rows left out")
    if values.get("sha256"):
        parts.append(f"SHA-256 {values['sha256']}")
    return f"{values.get('file') or values.get('name') or 'an array'}, {', '.join(parts)}"


def _crop(recipe: Recipe | RecipeSource) -> str:
    if isinstance(recipe, Recipe) and recipe.sources:
        return counted(len(recipe.sources), "source")
    whole = recipe.source_size == (recipe.crop.width, recipe.crop.height)
    if recipe.moves:
        return "whole frame, moved" if whole else f"crop {recipe.crop}, moved"
    return "whole frame" if whole else f"crop {recipe.crop}"


def _fps(recipe: Recipe) -> str:
    said = recipe.settings.get("fps", VideoSettings.fps)
    try:
        return decimal_fps(VideoSettings(fps=said).fps)
    except SettingsError:
        return str(said)


def _channel(recipe: Recipe, channel: RecipeChannel) -> str:
    name = f"{channel.number}{channel.name and ' ' + channel.name}"
    parts = [f"{name}: {_limits(channel, recipe.contrast == 'raw')}"]
    if channel.gamma != 1:
        parts.append(f"gamma {channel.gamma:g}")
    if channel.inverted:
        parts.append("inverted")
    if channel.colours:
        own = channel.colours if channel.colours.startswith("#") else "in colours of its own"
        parts.append(str(recipe.settings.get("colormap") or own))
    return ", ".join(parts)


def _limits(channel: RecipeChannel, is_raw: bool) -> str:
    if is_raw:
        return "counts as they are"
    if not channel.limits:
        return "limits of too many frames for a video; a sidecar has them"
    if len(channel.limits) == 1:
        return "black at {:.10g} counts, white at {:.10g} counts".format(*channel.limits[0])
    lows, highs = zip(*channel.limits, strict=True)
    return (
        f"black at {min(lows):.6g} to {max(lows):.6g} counts, white at {min(highs):.6g} to "
        f"{max(highs):.6g} counts, for each frame another (--json lists them)"
    )


def _all_pairs(recipe: Recipe) -> str:
    return pairs_text(channel.limits[0] for channel in recipe.channels if channel.limits)


def _formula(recipe: Recipe) -> str:
    if recipe.contrast == "raw":
        return "are the samples of the video"
    gammas = {channel.gamma for channel in recipe.channels}
    inverted = {channel.inverted for channel in recipe.channels}
    share = "(255 - grey) / 255" if inverted == {True} else "grey / 255"
    if gammas != {1}:
        share = f"({share}) ** (1 / gamma)"
    return f"black + {share} * (white - black), for grey levels from 0 to 255"


def _settings(recipe: Recipe) -> str:
    defaults = VideoSettings().to_dict()
    chosen = (item for item in recipe.settings.items() if item[1] != defaults.get(item[0]))
    return ", ".join(f"{key} {value_text(value)}" for key, value in chosen) or "the defaults"
