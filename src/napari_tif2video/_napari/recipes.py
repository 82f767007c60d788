"""The form's choices as a command line and as Python, to be pasted elsewhere."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from ..colours import Display
from ..errors import SettingsError
from ..settings import VideoSettings, option_of, pairs_of


def as_command_line(
    sources: Sequence[str],
    settings: VideoSettings,
    output: Path | None,
    display: Display | None,
    run: Collection[str] = (),
) -> str:
    """The call of ``tif2video`` that makes the same video.

    Parameters
    ----------
    output : Path, optional
        The video, or the folder for all of them.
    display : Display, optional
        How the layer is shown, for settings with contrast "displayed".
    run : collection of str
        What else is switched on: "verify", "sidecar".

    Raises
    ------
    SettingsError
        There are limits for each channel, for which there is no option.
    """
    if settings.limits is not None and len(pairs_of(settings.limits)) > 1:
        raise SettingsError(
            "limits: a command line has one pair for all channels; save the settings and give the "
            "file with --settings, or copy as Python"
        )
    if settings.contrast == "displayed":
        limits = None if display is None else display.limits
        gamma = settings.gamma
        if gamma is None and display is not None and display.gamma != 1:
            gamma = display.gamma
        settings = dataclasses.replace(settings, contrast=None, limits=limits, gamma=gamma)
    words = ["tif2video", *sources]
    for name, value in _chosen(settings).items():
        option = option_of(name)
        if value is True:
            words.append(option)
        elif isinstance(value, list):
            words += [option, *(f"{part:.12g}" for part in value)]
        elif name == "frames" or str(value).startswith("-"):
            words.append(f"{option}={value}")  # "-10:" would look like an option
        else:
            words += [option, str(value)]
    words += map(option_of, run)
    if output is not None:
        words += ["--output" if output.suffix else "--output-dir", str(output)]
    return shlex.join(words)


def as_python(
    source: str | Sequence[str],
    settings: VideoSettings,
    output: Path | None,
    run: Collection[str] = (),
) -> str:
    """The Python lines that make the same video, for napari's console.

    Parameters
    ----------
    source : str or sequence of str
        What is converted, as Python: ``viewer.layers['s']``; or the paths of sources on disk.
    """
    options = _chosen(settings)
    if isinstance(source, str):
        arguments = [source] if output is None else [source, repr(str(output))]
        function = "convert"
    else:
        arguments, function = [repr(list(source))], "convert_batch"
        if output is not None:
            arguments.append(f"output_dir={str(output)!r}")
    arguments += [f"{name}={value!r}" for name, value in options.items()]
    arguments += [f"{name}=True" for name in run]
    return f"import napari_tif2video as t2v\nt2v.{function}({', '.join(arguments)})"


def _chosen(settings: VideoSettings) -> dict[str, Any]:
    """The options that differ from the defaults."""
    defaults = VideoSettings().to_dict()
    return {
        name: value
        for name, value in settings.to_dict().items()
        if value is not None and value != defaults[name]
    }


def loses_colours(settings: VideoSettings, display: Display) -> bool:
    """Whether the command line cannot say how the layer is shown: its colormap or opacity."""
    plain = dataclasses.replace(display, limits=None, gamma=1.0, blending="translucent")
    if settings.colormap is not None:
        plain = dataclasses.replace(plain, colours=None)
    return settings.contrast == "displayed" and plain != Display()
