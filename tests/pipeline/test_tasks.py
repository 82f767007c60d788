"""What the tasks of a video do: which frames they show, with which limits, and what they tell."""

from __future__ import annotations

from types import SimpleNamespace

import dask
import dask.array
import numpy as np
import pytest
from helpers.frames import noise
from helpers.planning import planned

import napari_tif2video as t2v
from napari_tif2video.pipeline import Execution, tasks

COUNT = 60


@pytest.fixture
def encoded(monkeypatch):
    """Encode segments of a plan, to the pictures themselves."""
    monkeypatch.setattr(tasks, "encode_segment", lambda pictures, _: [p.copy() for p in pictures])

    def of(made, limits=None, spans=None, kept=None, **run):
        known = {"key": "none", "client": None, "workers": 2, "is_threaded": True}
        run = SimpleNamespace(**known | run)
        spans = tasks.segments_of(made) if spans is None else spans
        if kept:
            chunks = [tasks.chunks_of(made, span, run) for span in spans]
            ahead = [
                [tasks.task_of(made, c, tasks.prepare, made.picture, "none") for c in each]
                for each in chunks
            ]
            kept = [list(dask.compute(*each, scheduler="sync")) for each in ahead]
        found = tasks.encode_tasks(made, limits, run, spans, kept)
        return list(dask.compute(*found, scheduler="sync"))

    return of


WAYS = {
    "chunks in threads": {},
    "chunks elsewhere": {"is_threaded": False},
    "one worker": {"workers": 1},
    "on a cluster": {"client": 1, "is_threaded": False},
    "kept": {"kept": True},
}


@pytest.mark.parametrize("way", [*WAYS, "too large to wait"])
@pytest.mark.parametrize("lazy", [False, True], ids=["in memory", "dask"])
def test_each_frame_is_shown_with_its_own_limits(monkeypatch, encoded, way, lazy):
    frames = noise((COUNT, 16, 100), low=200, high=900)
    source = dask.array.from_array(frames, (7, 16, 100)) if lazy else frames
    made = planned(source, contrast="smooth", width="full", frames="1:")
    limits = tuple(((100.0 + n, 1000.0 + 2 * n),) for n in range(COUNT - 1))
    if way not in WAYS:
        monkeypatch.setattr(tasks, "_MAX_WAITING_BYTES", 1)
    first, last = encoded(made, limits, **WAYS.get(way, {}))
    assert [len(segment.encoded) for segment in (first, last)] == [50, 9]
    stats = [*first.stats, *last.stats]
    assert [found.limits for found in stats] == list(limits)
    pictures = [*first.encoded, *last.encoded]
    for picture, ((low, high),), counts in zip(pictures, limits, frames[1:], strict=True):
        grey = np.clip((counts - low) / (high - low), 0, 1) * 255
        np.testing.assert_allclose(picture, grey, atol=0.51)
    # Of a long segment every 25th frame is looked at, of a short one each.
    looked_at = [place for place, found in enumerate(stats) if found.brightness is not None]
    assert looked_at == [0, 25, *range(50, 59)]
    # One segment of them, which others came before.
    (again,) = encoded(made, limits, [range(50, 59)], **WAYS.get(way, {}))
    np.testing.assert_array_equal(again.encoded, last.encoded)
    assert again.stats == last.stats


@pytest.mark.parametrize("way", [{}, {"workers": 1}, {"client": 1, "is_threaded": False}])
def test_what_is_drawn_belongs_to_its_frame(encoded, way):
    frames = noise((COUNT, 16, 100), low=200, high=900)
    labels = np.zeros(frames.shape, np.uint8)
    for number, image in enumerate(labels):
        image[4:12, number : number + 20] = 1 + number
    lazy = dask.array.from_array(labels, (9, 16, 100))
    options = {"limits": (0, 900), "width": "full", "anchor": True}
    for drawn in (labels, lazy):
        made = planned(frames, arrays={"segmentation": drawn}, **options)
        first, last = encoded(made, **way)
        for number in (0, 8, 49, 50, 59):
            picture = [*first.encoded, *last.encoded][number]
            wanted = t2v.render_frame(frames, number, segmentation=labels, **options)
            np.testing.assert_array_equal(picture, wanted)


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("finished", [(), {0}, {1}, {0, 1}], ids=str)
def test_segments_that_are_finished_are_passed_over(encoded, kept, finished):
    frames = noise((COUNT, 16, 100))
    made = planned(frames, limits=(0, 60_000), width="full")
    wanted = encoded(made)
    if kept:  # and nothing is read again
        blank = planned(np.zeros_like(frames), limits=(0, 60_000), width="full")
    taken, seen = [], []
    steps = 1 if kept else 2
    with Execution(workers=2, progress=seen.append).run(made, steps) as run:
        run.phase = "measuring"
        spans = [c for span in tasks.segments_of(made) for c in tasks.chunks_of(made, span, run)]
        chunks = [tasks.task_of(made, c, tasks.prepare, made.picture, "none") for c in spans]
        chunks = list(dask.compute(*chunks, scheduler="sync")) if kept else None
        tasks.encode_sequence(blank if kept else made, None, chunks, run, taken.append, finished)
        assert run.phase == "encoding"
    left = [number for number in (0, 1) if number not in finished]
    for found, number in zip(taken, left, strict=True):
        np.testing.assert_array_equal(found.encoded, wanted[number].encoded)
    work = sum((50, 10)[number] for number in left) * steps
    assert [(p.phase, p.done, p.total) for p in seen[-1:]] == [("encoding", work, work)][
        : len(left)
    ]


def test_the_last_segments_are_encoded_when_all_of_them_are_prepared(monkeypatch):
    """As far as workers and memory go; what is behind a task tells what it waits for."""

    def behind(count=200, **known):
        made = planned(np.zeros((count, 16, 100), np.uint16), limits=(0, 9), width="full")
        own = {"key": "none", "client": None, "workers": 3, "is_threaded": True}
        found = tasks.encode_tasks(
            made, None, SimpleNamespace(**own | known), tasks.segments_of(made)
        )
        return [len(task.__dask_graph__()) - 1 for task in found]

    # Fifty frames are prepared by 7 tasks, and one more waits for those of the last segments.
    assert behind() == [7, *[3 * 7 + 1] * 3]
    assert behind(workers=2) == [7, 7, *[2 * 7 + 1] * 2]
    assert behind(workers=9) == [4 * 7 + 1] * 4
    assert behind(workers=1) == behind(is_threaded=False) == [7] * 4
    assert behind(is_threaded=False, client=1) == [0] * 4
    assert behind(108) == [14 + 1] * 2 + [0]  # eight frames are not worth a task of their own
    assert behind(109, workers=2) == [7, 7 + 2 + 1, 7 + 2 + 1]
    own = SimpleNamespace(key="none", client=None, workers=1, is_threaded=True)

    def kinds(source):
        made = planned(source, limits=(0, 9), width="full")
        (task, *_) = tasks.encode_tasks(made, None, own, tasks.segments_of(made))
        return {str(key).partition("-")[0] for key in task.__dask_graph__()}

    segment = 50 * 16 * 100 * 2
    for nbytes, found in (
        (segment, [7, 7, 15, 15]), (segment * 3 // 2, [7, 22, 22, 22]), (segment - 1, [0] * 4),
    ):  # fmt: skip
        monkeypatch.setattr(tasks, "_MAX_WAITING_BYTES", nbytes)
        assert behind() == found
    # What dask computes does not wait for an encoder that would hold all of it.
    zeros = dask.array.zeros((200, 16, 100), dtype=np.uint16, chunks=(10, 16, 100))
    assert {"prepare", "encode"} <= kinds(zeros)
    assert kinds(zeros.compute()) == {"prepare_and_encode"}


def test_the_title_is_segments_of_one_still(encoded):
    made = planned(noise((3, 16, 100)), title="i", title_duration=5.5, fps=10, width="full")
    found = tasks.encoded_title(made)
    assert [len(segment) for segment in found] == [50, 5]
    assert all((picture == found[0][0]).all() for segment in found for picture in segment)
    assert (found[0][0].shape, found[0][0].max() > 200) == ((16, 100), True)
    assert tasks.encoded_title(planned(noise((3, 16, 100)))) == []
    coloured = planned(noise((3, 16, 100)), title="i", colormap="magenta", width="full")
    still = tasks.encoded_title(coloured)[0][0]
    np.testing.assert_array_equal(still, np.dstack([found[0][0]] * 3))


def test_chunks_tell_what_they_hold():
    frames = noise((5, 16, 100))
    made = planned(frames, limits=(0, 9), width="full")
    (chunk,) = dask.compute(
        tasks.task_of(made, range(5), tasks.prepare, made.picture, "none"), scheduler="sync"
    )
    assert len(chunk.frames) == 5
    pixels = 5 * 16 * 100 * 2
    assert chunk.__sizeof__() == object.__sizeof__(chunk) + pixels
    assert tasks.split(range(3, 10), 3) == [range(3, 6), range(6, 9), range(9, 10)]
    limits = tuple(((float(n), 9.0),) for n in range(5))
    assert tasks.limits_of_span(limits, range(1, 3)) == limits[1:3]
    assert tasks.limits_of_span(limits[:1], range(1, 3)) == limits[:1]
    assert tasks.limits_of_span(None, range(1, 3)) is None
