"""Frames that cannot be read are found, and left out."""

from __future__ import annotations

import pytest
from helpers.files import write_folder
from helpers.frames import noise
from helpers.planning import planned

import napari_tif2video as t2v
from napari_tif2video import pipeline
from napari_tif2video.pipeline import Execution


def damaged(folder, *numbers):
    files = sorted(folder.iterdir())
    for number in numbers:
        files[number].write_bytes(b"II*\0")
    return files


def test_frames_that_cannot_be_read_are_left_out(tmp_path):
    folder = write_folder(tmp_path / "pos", noise((120, 24, 40)), name="t{:03}.tif")
    made = planned(folder, on_error="skip", frames="1::2", timestamp=True, frame_interval="2s")
    files = damaged(folder, 3, 4, 109)
    exc = t2v.SourceError("the first one that was met")
    seen = []
    execution = Execution(workers=2, progress=seen.append)
    kept = pipeline.without_bad_frames(made, execution, exc)
    assert [(bad.frame, bad.name) for bad in kept.bad_frames] == [
        (3, files[3].name),
        (109, files[109].name),
    ]
    assert list(kept.timeline.frames) == [n for n in range(1, 120, 2) if n not in (3, 109)]
    assert kept.frames == 58
    assert kept.notes[-1].startswith(
        f"2 of 60 frames cannot be read, and are left out: {files[3].name}, {files[109].name}; of "
        f"the first: {files[3]}: "
    )
    assert (seen[-1].phase, seen[-1].done, seen[-1].total) == ("checking", 60, 60)
    for unchanged in (kept, planned(folder, frames="1::2")):  # once, and only if asked for
        with pytest.raises(t2v.SourceError) as caught:
            pipeline.without_bad_frames(unchanged, execution, exc)
        assert caught.value is exc
    damaged(folder, *range(120))
    with pytest.raises(t2v.SourceError) as caught:  # none is left
        pipeline.without_bad_frames(made, execution, exc)
    assert caught.value is exc


def test_where_all_frames_can_be_read_the_error_stands():
    made = planned(noise((3, 24, 40)), on_error="skip")
    exc = t2v.SourceError("the first one that was met")
    with pytest.raises(t2v.SourceError) as caught:
        pipeline.without_bad_frames(made, Execution(workers=1), exc)
    assert caught.value is exc


def test_smoothed_limits_of_a_series_with_gaps(tmp_path):
    """A frame that is left out has the limits of the one before, the first those of the next."""
    folder = write_folder(tmp_path / "pos", noise((6, 24, 40), low=100, high=900))
    made = planned(folder, on_error="skip", contrast="smooth", width="full")
    damaged(folder, 0, 3)
    limits = pipeline.series_limits(made, Execution(workers=1))
    assert len(limits) == 6
    assert limits[0] == limits[1]
    assert limits[3] == limits[2] != limits[4]
