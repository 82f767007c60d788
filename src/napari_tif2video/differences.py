"""In what does a video that exists already differ from the one that would be made now?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .errors import SourceError
from .picture import Limits
from .pipeline import settings_of, source_name
from .planning import Plan
from .recipe import Recipe, read_recipe, read_text
from .settings import VideoSettings


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
        found = read_recipe(path)
    except SourceError:
        return _not_a_video(path)
    parts = _settings(found, plan)
    if not parts and limits is not None:
        parts += _limits(found, limits)
    if found.source != source_name(plan):
        parts.append(f"from {found.source}, this call's source is {source_name(plan)}")
    elif not parts and found.frames != plan.frames:
        parts.append(f"of {found.frames} frames, now there are {plan.frames}")
    if not parts:
        return []
    return [f"the video that exists was made {'; '.join(parts)}; use --overwrite to make it again"]


def _not_a_video(path: Path) -> list[str]:
    try:
        read_text(path)
    except SourceError as exc:
        reason = str(exc).removeprefix(f"{path}: ")
        return [f"what exists there {reason}; use --overwrite to make the video"]
    return []  # one without a recipe


def _settings(found: Recipe, plan: Plan) -> list[str]:
    defaults = VideoSettings().to_dict()
    before = {key: found.settings.get(key, value) for key, value in defaults.items()}
    now = settings_of(plan)
    changed = [key for key, value in now.items() if before[key] != value]
    return [f"with {key} {_text(before[key])}, this call's is {_text(now[key])}" for key in changed]


def _limits(found: Recipe, limits: tuple[Limits, ...]) -> list[str]:
    before = tuple(channel.limits[0] for channel in found.channels if channel.limits)
    if before == limits:
        return []
    return [f"with limits {_pairs(before)}, this call's are {_pairs(limits)}"]


def _pairs(limits: tuple[Limits, ...]) -> str:
    return ", ".join(f"{low:.10g} {high:.10g}" for low, high in limits)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return (
        "not set"
        if value is None
        else "on"
        if value is True
        else "off"
        if value is False
        else str(value)
    )
