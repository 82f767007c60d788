"""`convert`, `convert_batch` and `render_frame`: the package as a library."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import open_stack
from ..errors import SettingsError
from ..paths import expanded
from ..pipeline import Execution, Progress, default_workers, rendered, series_limits, steady
from ..planning import plan
from ..settings import DRAWN_FILES, SETTINGS, VideoSettings
from .jobs import plan_jobs, planned
from .outputs import Destination
from .result import Video
from .run import convert_job, run_jobs
from .sources import SourceJob, find_sources


def convert(
    source: Any,
    output: str | os.PathLike[str] | None = None,
    *,
    settings: VideoSettings | None = None,
    output_dir: str | os.PathLike[str] | None = None,
    match: str | None = None,
    overwrite: bool = False,
    skip_existing: bool = False,
    sidecar: bool = False,
    verify: bool = False,
    resume: bool = False,
    workers: int | None = None,
    memory_budget: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancel: Callable[[], bool] | None = None,
    client: Any = None,
    **options: Any,
) -> Video:
    """Make a video: ``convert("frames/", "out.mp4", width=800, crop="500x400", anchor=True)``.

    Parameters
    ----------
    source : path, array or Stack
        See `open_stack`. With panels "sources" or "both", a list of these.
    output : path, optional
        The video. Its ending, such as ``.mp4`` or ``.gif``, chooses the codec if no `codec` is
        given. Default: an automatic name in `output_dir` or, for a source on disk, beside the
        data.
    settings : VideoSettings, optional
        Or its fields as keywords (``width=800``); keywords win. What is drawn at places of the
        data is a path, or else ``tracks``: an array (N, 4) or (N, 5) of track, t, [z,] y, x;
        ``points``: an array (N, 2) to (N, 4) of [t, [z,]] y, x; ``shapes``: a list of arrays
        (K, D) of vertices, which are polygons, or of pairs of such an array and "polygon", "path",
        "line", "rectangle" or "ellipse"; ``segmentation``: a numpy or dask array (T, Y, X) of
        labels, or a Stack. All are as napari's layers have them: pixels from 0 at the middle of
        the first, frames from 0.
    match : str, optional
        Of a folder, only the files whose name matches.
    overwrite, skip_existing : bool
        Replace an output that exists, or leave it and do nothing; without either it is an error.
    sidecar : bool
        Write the recipe of the video beside it, too, as ``NAME.json``.
    verify : bool
        Decode the finished file and compare it with the rendered frames before it gets its name.
    resume : bool
        Keep finished segments beside the output until it is complete, and go on with those of a
        run that was stopped. The video is the same, byte for byte.
    workers : int, optional
        Threads; by default every core this process may use. The video is the same for any number.
    memory_budget, progress, cancel, client
        See `Execution`.

    Returns
    -------
    Video
        Its path, size, limits and notes.

    Raises
    ------
    SettingsError, SourceError, OutputError, EncodingError
        Nothing was written, and a file that had the name of the output is as it was.
    Cancelled
        `cancel` returned True.
    """
    file = _path(output, "output")
    folder = _path(output_dir, "output_dir")
    chosen, arrays = _settings(settings, options)
    sources = source if _are_several(source, chosen) else [source]
    destination = Destination(file, folder, overwrite, skip_existing, sidecar)
    jobs = [SourceJob(each, arrays=arrays) for each in sources]
    jobs = plan_jobs(jobs, chosen, destination, match)
    job = jobs[0]
    if job.problem is not None:
        raise job.problem
    if len(jobs) > 1:
        raise SettingsError(f"'each' makes {len(jobs)} videos of {job.label}; use convert_batch")
    execution = _execution(workers, memory_budget, progress, cancel, client, resume)
    return convert_job(job, execution, None, overwrite, verify)


def convert_batch(
    sources: Iterable[Any],
    *,
    settings: VideoSettings | None = None,
    output_dir: str | os.PathLike[str] | None = None,
    recursive: bool = False,
    match: str | None = None,
    overwrite: bool = False,
    skip_existing: bool = False,
    sidecar: bool = False,
    verify: bool = False,
    resume: bool = False,
    workers: int | None = None,
    memory_budget: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancel: Callable[[], bool] | None = None,
    client: Any = None,
    **options: Any,
) -> list[Video]:
    """Make a video of each source: ``convert_batch(["a/", "b/"], contrast="batch")``.

    A source that fails does not stop the others: look at the `status` and `error` of each
    result. Patterns (``"pos*/"``) are expanded; with `recursive`, every folder below a source
    that holds TIFFs is one. With channel "each" there is a result for each channel of a source, and
    with panels "sources" one for all of them. For the other parameters see `convert`.

    Raises
    ------
    SettingsError
        Options that make no sense, or two sources with the same output; nothing was done.
    Cancelled
        Videos that were finished before stay.
    """
    folder = _path(output_dir, "output_dir")
    chosen_settings, arrays = _settings(settings, options)
    found = find_sources(sources, recursive=recursive, match=match)
    for job in found:
        job.arrays = arrays
    jobs = plan_jobs(
        found,
        chosen_settings,
        Destination(None, folder, overwrite, skip_existing, sidecar),
        match,
    )
    execution = _execution(workers, memory_budget, progress, cancel, client, resume)
    return [video for _, video in run_jobs(jobs, execution, overwrite=overwrite, verify=verify)]


def render_frame(
    source: Any,
    index: int,
    *,
    settings: VideoSettings | None = None,
    match: str | None = None,
    **options: Any,
) -> NDArray[np.uint8]:
    """One frame as the video shows it: ``render_frame("frames/", 12, contrast="global")``.

    It is the very picture from which the codec's pixels are made. Global limits are measured
    once for each Stack and crop box, and remembered. Of raw counts of 16 bits, the upper 8 are
    shown, as players do.

    Parameters
    ----------
    source : path, array or Stack
        As for `convert`.
    index : int
        From 0; negative numbers count from the end.

    Returns
    -------
    uint8 array (H, W, 3)
    """
    chosen, arrays = _settings(settings, options)
    if _are_several(source, chosen):
        jobs = [SourceJob(each, arrays=arrays) for each in source]
        (job,) = planned(jobs, chosen, match)
        if job.plan is None:
            raise job.problem or SettingsError("panels: there is nothing to show")
        made = job.plan
    else:
        stack = open_stack(source, match, chosen.axes, chosen.on_error)
        made = plan(stack, chosen, arrays=arrays)
    frames = made.stack.frames
    if not -len(frames) <= index < len(frames):
        raise SettingsError(f"index: must be below the {len(frames)} frames, got {index}")
    index %= len(frames)
    made = steady(made, Execution())
    limits = series_limits(made, Execution()) if made.needs_measuring else None
    ((picture, _),) = rendered(made, [index], limits)
    return picture


def _are_several(source: Any, settings: VideoSettings) -> bool:
    """Whether it is a list of sources that are put side by side."""
    return settings.shows_sources and isinstance(source, (list, tuple))


def _settings(
    settings: VideoSettings | None, options: dict[str, Any]
) -> tuple[VideoSettings, dict[str, Any]]:
    """The settings, and what is drawn that is no file, by the name of its setting."""
    unknown = sorted(set(options) - set(SETTINGS))
    if unknown:
        raise TypeError(
            f"unknown option {', '.join(map(repr, unknown))}; "
            f"known are {', '.join(sorted(SETTINGS))}"
        )
    arrays = {
        name: value
        for name in DRAWN_FILES
        if not isinstance(value := options.get(name), (str, os.PathLike, type(None)))
    }
    options = options | dict.fromkeys(arrays)
    return (settings or VideoSettings()).updated(**options), arrays


def _path(path: str | os.PathLike[str] | None, name: str) -> Path | None:
    return None if path is None else Path(expanded(path, name))


def _execution(
    workers: int | None,
    memory_budget: int | None,
    progress: Callable[[Progress], None] | None,
    cancel: Callable[[], bool] | None,
    client: Any,
    resume: bool,
) -> Execution:
    threads = default_workers() if workers is None else workers
    return Execution(threads, memory_budget, progress, cancel, client, resume)
