"""Frames that several videos, or several frames of a task, read together."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import dask
import dask.array
import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise
from helpers.planning import planned

import napari_tif2video as t2v
from napari_tif2video import pipeline
from napari_tif2video.geometry import CropBox
from napari_tif2video.pipeline import Execution
from napari_tif2video.pipeline.tasks import chunks_of
from napari_tif2video.planning import plan


def test_clips_share_what_is_read_of_each_frame():
    """Parts are those of the source, whatever the groups; what is released is read again."""
    frames = noise((12, 40, 50), high=60_000)
    options = {"crop": "12x8", "width": "full"}
    stack = t2v.open_stack(frames)
    clips = {}
    for clip, (first, last) in enumerate([(0, 9), (3, 6), (9, 11)]):
        times = np.arange(first, last + 1)
        way = np.column_stack([times, 10.0 + times, 12 + 2 * times])
        settings = t2v.VideoSettings(follow=way, frames=f"{first}:{last + 1}", **options)
        clips[clip] = plan(stack, settings)
    nbytes = [sum(c.frames.parts_nbytes for c in p.stack.channels) for p in clips.values()]
    for budget, groups in (
        (sum(nbytes), 1), (sum(nbytes) - 1, 2), (nbytes[0] + nbytes[1] - 1, 2), (1, 3),
    ):  # fmt: skip
        reading = pipeline.SharedReading(stack, clips, budget)
        assert reading.groups == groups
        seen = []
        execution = Execution(workers=1, progress=seen.append)
        for clip, made in clips.items():
            held = reading.held(clip, made, execution)
            (channel,) = held.stack.channels
            assert len(channel.frames.parts) == made.frames
            box = CropBox.whole(channel.frames.format.size)
            own = list(made.stack.channels[0].frames.read_frames(box))
            blank = replace(channel.frames.frames, array=np.zeros_like(frames))
            from_parts = replace(channel.frames, frames=blank.select(range(made.frames)))
            for one, again in zip(own, from_parts.read_frames(box), strict=True):
                np.testing.assert_array_equal(one, again)
            bare = pipeline.without_parts(held)
            assert bare.stack.channels[0].frames.parts is None
            count = len(seen)
            reading.held(clip, made, execution)
            assert len(seen) == count  # nothing is read
            reading.release(clip)
            reading.release(clip)
            assert {progress.phase for progress in seen} == {"reading"}
        reading.held(2, clips[2], execution)
        assert len(seen) > count
        assert seen[-1].done <= seen[-1].total


@pytest.mark.parametrize("kind", ["files", "dask"])
def test_the_parts_of_clips_are_pixels_of_each_channel_or_what_is_wrong(tmp_path, kind):
    frames = noise((9, 2, 30, 40), high=60_000)
    if kind == "dask":
        stack = t2v.open_stack(dask.array.from_array(frames, (2, 1, 30, 40)), axes="TCYX")
    else:
        for channel in (0, 1):
            write_folder(tmp_path, frames[:, channel], f"t{{}}_c{channel}.tif")
        stack = t2v.open_stack(tmp_path)
        for damaged in ("t5_c0.tif", "t2_c1.tif"):
            (tmp_path / damaged).write_bytes(b"II*\0")
    clips = {}
    for clip, (first, last) in enumerate([(1, 6), (5, 8)]):
        times = np.arange(first, last + 1)
        way = np.column_stack([times, 8.0 + times, 28 - 2 * times])
        settings = t2v.VideoSettings(
            follow=way,
            frames=f"{first}:{last + 1}",
            channel="all",
            crop="12x8",
            width="full",
            on_error="skip",
        )
        clips[clip] = plan(stack, settings)
    seen = []
    execution = Execution(workers=1, progress=seen.append)
    shown = plan(stack, t2v.VideoSettings(channel="all")).stack
    reading = pipeline.SharedReading(shown, clips, 1 << 30)
    for clip, made in clips.items():
        held = reading.held(clip, made, execution)
        for number, channel in enumerate(held.stack.channels):
            windows = channel.frames.windows()
            assert [part.window for part in channel.frames.parts] == windows
            for time, part in zip(held.timeline.frames, channel.frames.parts, strict=True):
                box = part.window
                assert box.height < 15
                if kind == "files" and (time, number) in {(5, 0), (2, 1)}:
                    assert part.pixels.size == 0
                    assert part.error.startswith(f"{tmp_path / f't{time}_c{number}.tif'}: ")
                else:
                    assert part.error == ""
                    np.testing.assert_array_equal(
                        part.pixels, frames[time, number, box.rows, box.columns]
                    )
    # Of eight frames, each is read once for both.
    assert (seen[-1].phase, seen[-1].done, seen[-1].total) == ("reading", 8, 8)
    assert [found.frames for found in seen] == [6] * len(seen)


def pieces(shape, *, workers=2, client=None, segment=range(50), chunks=None):
    """The numbers of frames that are prepared together."""
    stack = np.broadcast_to(np.uint16(1), shape)
    if chunks is not None:
        stack = dask.array.zeros(shape, dtype=np.uint16, chunks=(chunks, *shape[1:]))
    made = planned(stack, limits=(0, 9))
    found = chunks_of(made, segment, SimpleNamespace(client=client, workers=workers))
    assert [number for chunk in found for number in chunk] == list(segment)
    return [len(chunk) for chunk in found]


def test_frames_that_are_prepared_together():
    small, large = (24, 40), (1024, 1024)  # a large one takes 2 MB
    assert pieces((60, *small)) == pieces((1550, *small)) == [8] * 6 + [2]
    assert pieces((60, *small), segment=range(50, 60)) == [8, 2]
    assert pieces((1551, *small)) == pieces((60, *small), client=1) == [50]
    assert pieces((10, *large), workers=3, segment=range(10)) == [4, 4, 2]
    assert pieces((10, 1023, 1024), workers=3, segment=range(10)) == [8, 2]
    assert pieces((60, *large), workers=3) == [8] * 6 + [2]
    # Blocks that dask computes are not waited for without need, nor more than 32 MB at a time.
    assert pieces((60, *small), chunks=5) == [5] * 10
    assert pieces((60, *small), chunks=20) == [8, 8, 4, 8, 8, 4, 8, 2]
    assert pieces((60, *small), chunks=20, segment=range(50, 60)) == [8, 2]
    assert pieces((60, *small), chunks=60) == [8] * 6 + [2]
    assert pieces((60, *large), chunks=60, client=1) == [16, 16, 16, 2]
    assert pieces((60, 2048, 4096), chunks=60, client=1) == [2] * 25
    assert pieces((60, 4097, 4096), chunks=60, segment=range(3)) == [1, 1, 1]
