"""What is decided about the work, what is measured, and what is kept, without a video."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import struct
from concurrent.futures import Future
from dataclasses import replace
from types import SimpleNamespace

import av
import dask
import dask.array
import numpy as np
import pytest
from dask.delayed import delayed
from helpers.files import write_folder, write_pages
from helpers.frames import noise

import napari_tif2video as t2v
from napari_tif2video import pipeline
from napari_tif2video.data import free_memory
from napari_tif2video.encode import EncodedSegment, FrameCheck
from napari_tif2video.encode.encoder import Packet
from napari_tif2video.geometry import CropBox
from napari_tif2video.overlays import title_card
from napari_tif2video.picture import Brightness, FrameStats
from napari_tif2video.pipeline import Execution, Measured, Progress, fit
from napari_tif2video.pipeline.describe import recipe_of
from napari_tif2video.pipeline.tasks import Segment, chunks_of
from napari_tif2video.pipeline.versions import versions
from napari_tif2video.planning import plan, side_by_side


def planned(source, **options):
    return plan(t2v.open_stack(source), t2v.VideoSettings(**options))


# -- how it is done


def test_how_far_a_conversion_is():
    shares = [Progress("encoding", done, total, 9).fraction for done, total in DONE]
    assert shares == [0, 0.25, 1, 1, 0]


DONE = [(0, 4), (1, 4), (4, 4), (5, 4), (3, 0)]


def test_the_workers_that_there_are():
    assert pipeline.default_workers() == dask.system.CPU_COUNT
    with dask.config.set(num_workers=3):
        assert Execution().workers == pipeline.default_workers() == 3
    assert Execution(workers=7).tasks_at_a_time == 7
    assert Execution(workers=1).workers == 1
    with pytest.raises(t2v.SettingsError) as caught:
        Execution(workers=0)
    assert str(caught.value) == "workers: must be at least 1, got 0"


def test_the_memory_that_there_is():
    assert Execution(memory_budget=0).budget == 0
    assert Execution().budget == pytest.approx(free_memory() / 4, rel=0.3)
    there = {"a": {"memory_limit": 1000}, "b": {"memory_limit": 3003}}
    assert Execution(client=Cluster(there)).budget == 1000
    assert Execution(client=Cluster(there), memory_budget=7).budget == 7
    assert Execution(client=Cluster(there), workers=1).tasks_at_a_time == 5
    assert Execution(client=Cluster({})).tasks_at_a_time == 1


class Cluster:
    """Stands in for the client of a cluster whose workers answer as told."""

    scheduler = SimpleNamespace(address="tcp://10.0.0.1:8786")

    def __init__(self, workers=(), answers=None, waiting=None):
        self.workers, self.answers, self.waiting = workers, answers, waiting
        self.paths = None

    def get(self, *_args, **_options):
        raise NotImplementedError

    def scheduler_info(self, n_workers):
        assert n_workers == -1  # all of them
        return {"workers": self.workers}

    def nthreads(self):
        return dict(zip(self.workers, (2, 3), strict=False))

    def wait_for_workers(self, count, timeout):
        assert (count, timeout) == (1, 4.5)
        if self.waiting is not None:
            raise self.waiting

    def run(self, function, paths, on_error):
        assert on_error == "return"
        self.paths = paths
        return self.answers(function(paths))


def checked(client, made):
    """What is said of a cluster before anything is done on it."""
    try:
        with dask.config.set({"distributed.comm.timeouts.connect": "4500ms"}):
            Execution(client=client).run(made)
    except t2v.Tif2VideoError as exc:
        return type(exc), str(exc)
    return None


def with_version(found, **others):
    return found[0] | others, found[1]


def with_size(found, size):
    first, *_ = found[1]
    return found[0], found[1] | {first: size}


SAID = {
    "as here": (lambda found: {"w1": found, "w2": found}, None),
    "gone": (
        lambda found: {"w2": OSError("timed out"), "w1": found},
        (t2v.EncodingError, "the worker w2 does not answer (timed out); start it again"),
    ),
    "bare": (
        lambda found: {"w2": found, "w1": ImportError("no module")},
        (
            t2v.SettingsError,
            "scheduler: napari-tif2video does not run on the worker w1 (no module); install the "
            "version that you have here",
        ),
    ),
    "numpy": (
        lambda found: {"w1": found, "w2": with_version(found, numpy="0.1")},
        (
            t2v.SettingsError,
            f"scheduler: the worker w2 has numpy 0.1, and here it is {np.__version__}; only the "
            "same versions make the same video",
        ),
    ),
    "PyAV": (
        lambda found: {"w1": with_version(found, av="0.1"), "w2": OSError("not seen")},
        (
            t2v.SettingsError,
            f"scheduler: the worker w1 has av 0.1, and here it is {av.__version__}; only the same "
            "versions make the same video",
        ),
    ),
    "unseen": (
        lambda found: {"w1": found, "w2": with_size(found, None)},
        (
            t2v.SourceError,
            "PATH: the worker w2 does not see it; put it where all workers find it under the same "
            "path",
        ),
    ),
    "another": (
        lambda found: {"w1": with_size(found, 7)},
        (
            t2v.SourceError,
            "PATH: the worker w1 sees another file there; put it where all workers find it under "
            "the same path",
        ),
    ),
}


@pytest.mark.parametrize(("answers", "said"), SAID.values(), ids=SAID)
def test_workers_are_looked_at_one_by_one(tmp_path, answers, said):
    folder = write_folder(tmp_path / "pos", noise((3, 24, 40)))
    first, _, last = sorted(folder.iterdir())
    client = Cluster(answers=answers)
    found = checked(client, planned(folder))
    assert client.paths == [str(first), str(last)]
    assert found == (said and (said[0], said[1].replace("PATH", str(first))))


@pytest.mark.parametrize(
    ("exc", "said"),
    [
        (
            TimeoutError(),
            (
                t2v.SettingsError,
                "scheduler: tcp://10.0.0.1:8786 has no workers; start some with dask worker",
            ),
        ),
        (
            ConnectionError(),
            (
                t2v.EncodingError,
                "the scheduler at tcp://10.0.0.1:8786 does not answer any more; start it again",
            ),
        ),
    ],
)
def test_a_cluster_without_workers_or_scheduler(exc, said):
    assert checked(Cluster(waiting=exc), planned(noise((3, 24, 40)))) == said


def test_the_files_that_workers_must_see(tmp_path, monkeypatch):
    folder = write_folder(tmp_path / "pos", noise((3, 24, 40)))
    first, middle, last = map(str, sorted(folder.iterdir()))
    pages = write_pages(tmp_path / "s.tif", noise((3, 24, 40)))

    def seen(made):
        client = Cluster(answers=lambda found: {"w": found})
        assert checked(client, made) is None
        return client.paths

    assert seen(planned(folder, frames="1:")) == [middle, last]
    matching = t2v.open_stack(folder, match="t[12].tif")
    assert seen(plan(matching, t2v.VideoSettings())) == [middle, last]
    assert seen(planned(pages)) == [str(pages)]
    assert seen(planned(noise((3, 24, 40)))) == []
    assert seen(planned(folder, segmentation=str(pages))) == [first, last, str(pages)]
    settings = t2v.VideoSettings(panels="sources")
    both = side_by_side([planned(pages), planned(folder)], settings)
    assert seen(both) == [str(pages), first, last]
    monkeypatch.chdir(tmp_path)
    assert seen(planned("s.tif")) == [str(pages)]


def test_results_come_in_order_and_are_counted():
    seen, taken = [], []
    execution = Execution(workers=2, progress=seen.append)
    made = planned(noise((6, 24, 40)))
    tasks = [delayed(pow)(number, 2) for number in range(4)]
    with execution.run(made, 3) as run:
        assert (run.phase, run.workers, run.is_threaded, run.client) == ("encoding", 2, True, None)
        run.phase = "measuring"
        run.compute_in_order(tasks, taken.append, 12)
        run.expect(5)
        run.phase = "trying"
        assert run.compute(tasks[:2], 6) == [0, 1]
    assert taken == [0, 1, 4, 9]
    assert seen[-1] == Progress("trying", 18, 23, 6)
    known = [(found.done, found.total) for found in seen if found.phase == "measuring"]
    assert known[-1] == (12, 18)
    # Of four results, each is three of the twelve steps; nothing is said twice.
    assert {done for done, _ in known} <= {0, 3, 6, 9, 12}
    assert len(set(known)) == len(known)
    assert [found.done for found in seen] == sorted(found.done for found in seen)


def test_work_of_another_thread_is_reported_and_can_be_cancelled():
    finished, reports = Future(), []
    finished.set_result(5)
    assert pipeline.attended(finished, lambda: reports.append(1), lambda: True) == 5
    assert reports == [1]
    asked = iter([False, False, True])
    with pytest.raises(t2v.Cancelled, match=r"^cancelled$"):
        pipeline.attended(Future(), lambda: reports.append(2), lambda: next(asked))
    assert reports == [1, 2, 2, 2]


# -- what is measured


def measured(*frames, **others):
    return Measured(tuple((pair,) for pair in frames), (), (), **others)


def test_limits_that_sources_have_in_common():
    made = planned(noise((3, 24, 40)), contrast="global")
    parts = [measured((3.0, 9.0), (2.0, 8.0)), measured((4.0, 11.0), (5.0, 6.0))]
    assert pipeline.limits_of(made, parts) == (((2.0, 11.0),),)
    assert pipeline.limits_of(made, parts[1:]) == (((4.0, 11.0),),)


def test_limits_of_a_series_are_those_of_its_frames():
    stack = noise((5, 24, 40), low=100, high=900)
    stack[2] = stack[2] // 2 + 20
    lows = [float(frame.min()) for frame in stack]
    highs = [float(frame.max()) for frame in stack]
    execution = Execution(workers=2)

    def limits(**options):
        made = planned(stack, width="full", **options)
        assert pipeline.known_limits(made) is None
        found = pipeline.series_limits(made, execution)
        assert pipeline.known_limits(made) is found
        assert pipeline.series_limits(made, None) is found  # measured once
        return found

    assert limits(contrast="global") == (((min(lows), max(highs)),),)
    assert limits(contrast="global", frames="2:4") == (((min(lows[2:4]), max(highs[2:4])),),)
    box = stack[:, 4:14, 6:26]
    assert limits(contrast="global", crop="20x10+6+4") == (((box.min(), box.max()),),)
    percent = limits(contrast="global", percentile=(2, 97))
    assert percent == ((pytest.approx(tuple(np.percentile(stack, (2, 97)))),),)
    auto = limits(contrast="auto")
    assert auto == ((pytest.approx(tuple(np.percentile(stack, (0.1, 99.9)))),),)
    assert len(limits(contrast="smooth")) == 5


def test_what_limits_depend_on():
    stack = t2v.open_stack(noise((5, 24, 40)))

    def key(**options):
        return pipeline.measured_key(plan(stack, t2v.VideoSettings(**options)))

    same = key(contrast="global", width=100)
    assert same == key(contrast="global", width=200, fps=3, gamma=2, timestamp=False)
    others = [
        key(contrast="global", width=100, crop="20x10"),
        key(contrast="global", width=100, frames="1:"),
        key(contrast="global", width=100, percentile=(1, 99)),
        key(contrast="global", width=100, on_error="skip"),
        key(contrast="smooth", width=100),
        key(contrast="smooth", width=200),
    ]
    assert len({same, *others}) == 7


def test_channels_that_are_the_same_ones():
    two = t2v.open_stack(noise((3, 2, 24, 40)), axes="TCYX")
    one = t2v.open_stack(noise((3, 24, 40)))

    def of(stack, **options):
        return plan(stack, t2v.VideoSettings(**options))

    plans = [
        of(two, channel=1),
        of(one),
        of(two, channel=0),
        of(two, channel=1),
        of(two, channel="all"),
    ]
    assert [len(p.stack.channels) for p in plans] == [1, 1, 1, 1, 2]
    assert pipeline.groups_of_channels(plans) == [[0, 3], [1, 2], [4]]
    assert pipeline.groups_of_channels([of(two, channel="all"), of(one)]) == [[0], [1]]


def test_the_memory_of_prepared_frames():
    grey, colours = noise((7, 40, 200)), noise((7, 40, 200, 3))

    def nbytes(source, **options):
        return pipeline.prepared_nbytes(planned(source, **options))

    assert nbytes(grey, width="full") == 7 * 40 * 200 * 2
    assert nbytes(grey, width=100) == 7 * 20 * 100 * 2
    assert nbytes(grey, width=400) == 7 * 80 * 400 * 4
    assert nbytes(grey, width="full", frames="2:5") == 3 * 40 * 200 * 2
    assert nbytes(grey, width=100, crop="100x20") == 7 * 20 * 100 * 2
    assert nbytes(colours, width="full") == 3 * 7 * 40 * 200 * 2
    assert nbytes(grey.astype(np.float32), width="full") == 7 * 40 * 200 * 4
    assert nbytes(grey.astype(np.uint8), width="full") == 7 * 40 * 200
    both = t2v.open_stack(noise((7, 2, 40, 200)), axes="TCYX")
    options = t2v.VideoSettings(width="full", channel="all")
    assert pipeline.prepared_nbytes(plan(both, options)) == 2 * 7 * 40 * 200 * 2


def test_frames_are_rendered_with_the_limits_of_each():
    stack = noise((4, 24, 40), low=100, high=900)
    made = planned(stack, width="full", contrast="smooth")
    limits = tuple(((100.0 * number, 1000.0),) for number in range(4))
    found = list(pipeline.rendered(made, [3, 1], limits))
    assert [stats.limits for _, stats in found] == [limits[3], limits[1]]
    for (image, _), index in zip(found, (3, 1), strict=True):
        low = 100.0 * index
        grey = np.rint(np.clip((stack[index] - low) / (1000 - low), 0, 1) * 255)
        np.testing.assert_allclose(image[..., 0], grey, atol=1)
        assert image.shape == (24, 40, 3)
    (_, same) = next(pipeline.rendered(made, [2], limits[1:2]))
    assert same.limits == limits[1]


# -- frames that cannot be read


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


# -- drift


def moved_scene(moves, size=(96, 128), scale=1, seed=4):
    from scipy.ndimage import gaussian_filter, zoom

    big = gaussian_filter(noise((size[0] + 80, size[1] + 80), seed=seed).astype(float), 3)
    big = (big - big.min()) / np.ptp(big) * 4000 + 100
    frames = []
    for down, right in moves:
        part = big[40 - down : 40 - down + size[0], 40 - right : 40 - right + size[1]]
        frames.append(zoom(part, scale, order=0) if scale > 1 else part)
    return np.array(frames).astype(np.uint16)


MOVES = [(0, 0), (3, -2), (-5, 4), (0, 7)]


def drift_of(stack, **options):
    made = planned(stack, stabilise=True, width="full", **options)
    return pipeline.steady(made, Execution(workers=2)).timeline.moves


def test_drift_is_found_in_steps_of_a_twentieth():
    found = drift_of(moved_scene(MOVES))
    np.testing.assert_allclose(found, MOVES, atol=0.1)
    steps = np.array(found) / 0.05
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-6)
    assert found[0] == (0.0, 0.0)
    assert all(value == round(value, 2) for move in found for value in move)
    coloured = np.stack([moved_scene(MOVES)] * 3, axis=-1)
    assert drift_of(coloured) == found


def test_frames_that_show_nothing_lie_between_their_neighbours():
    stack = moved_scene([(0, 0), (0, 0), (4, -8), (0, 0), (0, 0)])
    stack[1], stack[3], stack[4] = 77, 0, 0
    found = drift_of(stack)
    np.testing.assert_allclose(found, [(0, 0), (2, -4), (4, -8), (4, -8), (4, -8)], atol=0.1)
    assert drift_of(np.full((3, 24, 40), 9, np.uint16)) == ((0.0, 0.0),) * 3
    stack[0] = 5
    assert drift_of(stack) == ((0.0, 0.0),) * 5


def test_large_frames_are_binned_and_their_drift_is_in_pixels():
    moves = [(0, 0), (1, -2)]
    stack = moved_scene(moves, (32, 300), scale=4)
    np.testing.assert_allclose(drift_of(stack), np.array(moves) * 4, atol=0.4)


def test_drift_is_measured_once_for_a_series():
    stack = t2v.open_stack(moved_scene(MOVES))
    settings = t2v.VideoSettings(stabilise=True, width="full")
    made = plan(stack, settings)
    assert pipeline.known_steady(made) is made
    steady = pipeline.steady(made, Execution(workers=1))
    assert pipeline.steady(steady, None) is steady
    assert pipeline.known_steady(plan(stack, settings)).timeline.moves == steady.timeline.moves
    other = plan(stack, t2v.VideoSettings(stabilise=True, width="full", frames="1:"))
    assert pipeline.known_steady(other) is other


# -- what a recipe says of settings


def test_settings_of_a_recipe_name_no_folder(tmp_path):
    tracks = tmp_path / "tracks.csv"
    tracks.write_text("track,frame,y,x\n7,0,5,5\n7,1,6,6\n7,2,7,7\n")
    pages = write_pages(tmp_path / "s.tif", noise((3, 64, 128)))
    made = planned(pages, tracks=tracks, follow=tracks, crop="32x32", width=100, codec="h265")
    found = pipeline.settings_of(made)
    chosen = {name: found[name] for name in ("tracks", "follow", "follow_id", "codec", "contrast")}
    assert chosen == {
        "tracks": "tracks.csv",
        "follow": "tracks.csv",
        "follow_id": 7,
        "codec": "h265",
        "contrast": "local",
    }
    assert pipeline.source_name(made) == "s.tif"
    plain = planned(noise((3, 24, 40)), limits=(1, 9))
    assert pipeline.source_name(plain) == "array"
    same = pipeline.settings_of(plain)
    assert (same["contrast"], same["codec"], same["limits"]) == (None, None, [1.0, 9.0])
    assert same.get("follow_id") is None


# -- finished segments


def test_the_file_of_finished_segments(tmp_path):
    """Its format is the contract between a run and the one that goes on with it."""
    output = tmp_path / "o.mp4"
    name = hashlib.sha256(b"o.mp4").hexdigest()[:16]
    with pipeline.kept_segments(output) as kept:
        (path,) = tmp_path.iterdir()
        assert path.name.endswith(f"{name}.resume")
        assert path.stat().st_mode & 0o777 == 0o600
        assert (kept.is_empty, kept.notes) == (True, ())
        with (
            pytest.raises(t2v.OutputError) as caught,
            pipeline.kept_segments(output),
        ):
            pass
        assert str(caught.value) == f"{output}: another run is making it; wait for that one"
    assert list(tmp_path.iterdir()) == []
    path.mkdir()
    with pytest.raises(t2v.OutputError) as caught, pipeline.kept_segments(output):
        pass
    assert str(caught.value).startswith(f"{output}: its finished segments cannot be kept (")
    path.rmdir()
    path.write_bytes(b"something else entirely")
    path.chmod(0o600)
    with pipeline.kept_segments(output) as kept:
        assert path.read_bytes() == b"tif2video segments 1\n"
    assert not path.exists()
    pipeline.forget_segments(output)  # nothing there, and nothing said


def segment(number):
    """What is known of a segment of two frames; the second one was not sampled."""
    limits = ((1.5, 9.0 + number), (0.1, 0.2))
    stats = (
        FrameStats(limits, True, Brightness(1.25, 2.0, 3.5), 0.125),
        FrameStats(limits, False, None, np.float64(0.5)),
    )
    checks = (FrameCheck(number, 0.5, 0.25), FrameCheck(2**32 - 1, 0.0, 1e-9))
    return Segment(EncodedSegment((), b"sets", b"head", 2, 0.75, checks), stats)


def records_of(path):
    """Key, digest, facts and packets of each record."""
    content, found = path.read_bytes()[len(b"tif2video segments 1\n") :], []
    while content:
        key, digest, facts, packets = struct.unpack("<32s32sQQ", content[:80])
        body, content = content[80 : 80 + facts + packets], content[80 + facts + packets :]
        assert hashlib.sha256(body).digest() == digest
        found.append((key, json.loads(body[:facts])))
    return found


def test_segments_are_kept_and_merged_in_order(tmp_path):
    output = tmp_path / "o.mp4"
    keys = [bytes([number]) * 32 for number in range(4)]
    taken = []
    with pipeline.kept_segments(output) as kept:
        merged = kept.merged(keys[1:3], taken.append)
        assert merged.finished == frozenset()
        merged.append(segment(1))
        merged.append(segment(2))
        assert kept.notes == ()  # there was no earlier run
    assert taken == [segment(1), segment(2)]
    (path,) = tmp_path.iterdir()
    (first, facts), (second, _) = records_of(path)
    assert [first, second] == keys[1:3]
    assert facts == {
        "stats": [
            {
                "limits": [[1.5, 10.0], [0.1, 0.2]],
                "is_constant": True,
                "brightness": [1.25, 2.0, 3.5],
                "clipped": 0.125,
            },
            {
                "limits": [[1.5, 10.0], [0.1, 0.2]],
                "is_constant": False,
                "brightness": None,
                "clipped": 0.5,
            },
        ],
        "squared_error": 0.75,
        "checks": [[1, 0.5, 0.25], [2**32 - 1, 0.0, 1e-9]],
    }
    del taken[:]
    with pipeline.kept_segments(output) as kept:
        assert (kept.is_empty, kept.notes) == (False, ())
        merged = kept.merged(keys, taken.append)
        assert (merged.finished, taken) == ({1, 2}, [])
        merged.append(segment(0))
        assert taken == [segment(0), segment(1), segment(2)]
        merged.append(segment(3))
        assert taken == [segment(number) for number in range(4)]
        assert kept.notes == ("2 of 4 segments are those of a run that was stopped",)
        assert [encoded.checks[0].checksum for encoded in kept.segments(keys)] == [0, 1, 2, 3]
    assert [key for key, _ in records_of(path)] == [keys[1], keys[2], keys[0], keys[3]]
    with pipeline.kept_segments(output) as kept:
        kept.merged([b"x" * 32], taken.append)
        assert kept.notes == (
            "the source, the settings or a version has changed since the run that was stopped; all "
            "is made anew",
        )


def test_what_is_damaged_on_the_way_is_said(tmp_path):
    output = tmp_path / "o.mp4"
    with pipeline.kept_segments(output) as kept:
        kept.write(b"k" * 32, segment(1))
        (path,) = tmp_path.iterdir()
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + b"?")
        with pytest.raises(t2v.EncodingError) as caught:
            kept.read(b"k" * 32)
        said = "what was encoded cannot be read back (it is not what was written)"
        assert str(caught.value) == said
    # A record is whole, or it is not there; what is behind the last whole one is cut off.
    for end in (whole[:-1], whole[:60], whole[:-1] + b"?"):
        path.write_bytes(whole + end[len(b"tif2video segments 1\n") :])
        path.chmod(0o600)
        with pipeline.kept_segments(output) as kept:
            assert not kept.is_empty
            assert path.read_bytes() == whole
        path.write_bytes(end)
        path.chmod(0o600)
        with pipeline.kept_segments(output) as kept:
            assert kept.is_empty
            assert path.read_bytes() == b"tif2video segments 1\n"


def test_a_file_that_others_may_write_or_see_is_not_used(tmp_path):
    output = tmp_path / "o.mp4"
    with pipeline.kept_segments(output) as kept:
        kept.write(b"k" * 32, segment(1))
    (path,) = tmp_path.iterdir()

    def is_used():
        inode = path.stat().st_ino
        with pipeline.kept_segments(output) as kept:
            kept.is_empty or kept.read(b"k" * 32)
            used = not kept.is_empty and path.stat().st_ino == inode
            if kept.is_empty:
                kept.write(b"k" * 32, segment(1))
        return used

    assert is_used()
    for mode in (0o640, 0o602, 0o601):
        path.chmod(mode)
        assert not is_used()
        assert is_used()
    os.link(path, tmp_path / "another name")
    assert not is_used()
    (tmp_path / "another name").unlink()
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert not is_used()
    assert (tmp_path / "elsewhere").exists()
    pipeline.forget_segments(output)
    assert not path.exists()


# -- a size that is kept


class Tried:
    """A run whose encoder makes so many bytes of a segment, and an error, at each rate factor."""

    key = phase = None

    def __init__(self, monkeypatch, nbytes, error=lambda rate: 1.0):
        self.rates, self.spans, self.expected, self.sizes = [], [], [], []

        def tasks(made, limits, run, chosen):
            rate = made.encoder.crf
            self.rates.append(rate)
            self.sizes.append((made.encoder.height, made.encoder.width))
            assert made.picture.size == self.sizes[-1]
            is_bare = made.encoder.width < 500 or not made.settings.label
            assert (made.picture.overlay is None) == is_bare
            self.spans.append(chosen)
            packet = SimpleNamespace(data=bytes(round(nbytes(rate))))
            return [
                SimpleNamespace(
                    encoded=SimpleNamespace(packets=[packet], squared_error=error(rate) * len(span))
                )
                for span in chosen
            ]

        monkeypatch.setattr(fit, "encode_tasks", tasks)

    def expect(self, count):
        self.expected.append(count)

    def compute(self, tasks, steps):
        assert steps == self.expected[-1]
        assert self.phase == "trying"
        return tasks


def sized(count, max_size, **options):
    return planned(np.zeros((count, 16, 100), np.uint16), max_size=max_size, **options)


def test_the_quality_is_kept_where_it_fits(monkeypatch):
    made = sized(60, 200_000)
    asked = made.encoder.codec.rate(made.settings.quality)
    # 60 frames are tried as a whole: 2 segments, 2,000 bytes for the file and 24 for a frame.
    fitting = (200_000 * 0.998 - 2000 - 60 * 24) / 2
    run = Tried(monkeypatch, lambda rate: math.floor(fitting))
    found = fit.with_rate(made, None, run)
    assert (found.encoder.crf, run.rates, run.expected) == (asked, [asked], [120])
    assert found.encoder.is_compared
    assert run.spans == [[range(50), range(50, 60)]]
    run = Tried(monkeypatch, lambda rate: fitting + 2 - (rate > asked) * 100)
    found = fit.with_rate(made, None, run)
    assert (found.encoder.crf, run.rates) == (asked + 1, [asked, asked + 1])
    plain = planned(np.zeros((3, 16, 100), np.uint16))
    assert fit.with_rate(plain, None, None) is plain


def test_a_long_video_is_tried_on_three_segments(monkeypatch):
    made = sized(305, 500_000)
    fitting = ((500_000 * 0.97 - 2000) / 305 - 24) * 50
    run = Tried(monkeypatch, lambda rate: math.floor(fitting))
    found = fit.with_rate(made, None, run)
    assert len(run.rates) == 1
    assert run.spans == [[range(50), range(100, 150), range(250, 300)]]
    assert run.expected == [2 * 150]
    run = Tried(monkeypatch, lambda rate: math.ceil(fitting) - (rate > run.rates[0]))
    assert fit.with_rate(made, None, run).encoder.crf == found.encoder.crf + 1


@pytest.mark.parametrize("halves_in", [2.0, 6.0, 9.5])
@pytest.mark.parametrize("factor", [1.3, 4.0, 30.0])
def test_the_lowest_rate_factor_that_fits_is_found(monkeypatch, halves_in, factor):
    """Sizes that fall exponentially are found in a few trials, however fast they fall."""
    made = sized(48, 400_000)
    asked = made.encoder.codec.rate(made.settings.quality)
    room = 400_000 * 0.998 - 2000 - 48 * 24

    def nbytes(rate):
        return room * factor * 2 ** (-(rate - asked) / halves_in)

    wanted = asked + math.ceil(math.log2(factor) * halves_in)
    run = Tried(monkeypatch, nbytes)
    if wanted > made.encoder.codec.crf_range[1]:
        with pytest.raises(t2v.SourceError):
            fit.with_rate(made, None, run)
        return
    assert fit.with_rate(made, None, run).encoder.crf == wanted
    assert len(run.rates) <= 7


def test_a_size_that_cannot_be_kept(monkeypatch):
    made = sized(48, 60_000)
    run = Tried(monkeypatch, lambda rate: 1000, lambda rate: 65.1)
    assert fit.with_rate(made, None, run).encoder.crf == run.rates[0]  # nothing was lowered
    asked = run.rates[0]
    spoilt = Tried(monkeypatch, lambda rate: 90_000 if rate == asked else 50_000, lambda r: 65.1)
    with pytest.raises(t2v.SourceError) as caught:
        fit.with_rate(made, None, spoilt)
    assert str(caught.value) == (
        "array: 60kB are too few for 48 frames of 500x80 (it would take 30 dB, and below 30 dB "
        "pictures are spoilt); show fewer frames"
    )
    bearable = Tried(monkeypatch, lambda rate: 90_000 if rate == asked else 50_000, lambda r: 65.0)
    assert fit.with_rate(made, None, bearable).encoder.crf == asked + 1
    for rate, reached, is_spoilt in ((asked, 1, False), (asked + 1, 29.9, True), (30, 30, False)):
        assert fit.is_spoilt(made, rate, reached) == is_spoilt


def test_another_try_after_a_file_that_is_too_large():
    made = fit._at_rate(sized(48, 100_000), 30)
    codec, room = made.encoder.codec, 99_800
    for steps in (1, 3):
        nbytes = room * 2 ** (steps / codec.doubling)
        assert fit.higher_rate(made, nbytes * 0.999, None, None).encoder.crf == 30 + steps
        assert fit.higher_rate(made, nbytes * 1.001, None, None).encoder.crf == 31 + steps
    assert fit.higher_rate(made, 99_801, None, None).encoder.crf == 31
    highest = codec.crf_range[1]
    last = fit._at_rate(made, highest - 1)
    assert fit.higher_rate(last, 10**9, None, None).encoder.crf == highest


@pytest.mark.parametrize(
    ("widest", "said", "last"),
    [(250, "width 250 would fit", (166, 250)), (349, "width 250 would fit", (166, 250)),
     (350, "width 350 would fit", (234, 350)), (174, "width 174 would fit", (116, 174)),
     (124, "width 124 would fit", (82, 124)), (123, "show fewer frames", (82, 124))],
)  # fmt: skip
def test_the_width_that_would_fit_is_tried(monkeypatch, widest, said, last):
    made = planned(np.zeros((48, 200, 300), np.uint16), max_size=60_000, label="bare")
    asked = made.encoder.codec.rate(made.settings.quality)
    run = Tried(
        monkeypatch,
        lambda rate: 90_000 if rate == asked else 50_000,
        lambda rate: 66.0 if run.sizes[-1][1] > widest else 1.0,
    )
    with pytest.raises(t2v.SourceError) as caught:
        fit.with_rate(made, None, run)
    assert str(caught.value) == (
        "array: 60kB are too few for 48 frames of 500x334 (it would take 30 dB, and below 30 dB "
        f"pictures are spoilt); {said}"
    )
    assert run.sizes[-1] == last
    widths = list(dict.fromkeys(width for _, width in run.sizes))
    assert widths == [w for w in (500, 350, 250, 174, 124) if w >= last[1]]


# -- clips that are read together


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


# -- pieces of the work


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


def first_segment(data):
    return EncodedSegment((Packet(data, 0, True),), b"", b"", 1, 0.0, ())


def stats_of(*pairs):
    return [FrameStats(limits, False, None, 0.0) for limits in pairs]


def test_what_a_recipe_says_of_two_channels():
    frames = noise((3, 2, 24, 41), high=900)
    stack = t2v.open_stack(frames, axes="TCYX")
    settings = {"axes": "TCYX", "channel": "all", "frames": "2:0:-1", "width": "full"}
    made = plan(stack, t2v.VideoSettings(contrast="local", gamma=0.5, **settings))
    stats = stats_of(((1 / 3, 900.0), (2.0, 1e10)), ((0.0, 2 / 3), (12345678912.0, 1e-10 / 3)))
    found = recipe_of(made, stats, 0.25, [str(n) for n in range(120)], first_segment(b"--"))
    assert found.batch == tuple(str(number) for number in range(100))
    assert [(c.number, c.limits, c.gamma, c.inverted) for c in found.channels] == [
        (0, ((0.333333333, 900.0), (0.0, 0.666666667)), 0.5, False),
        (1, ((2.0, 1e10), (12345678912.0, 3.33333333e-11)), 0.5, False),
    ]
    assert (found.clipped, found.contrast, found.frames) == (0.25, "local", 2)
    assert (found.width, found.height, found.source_size) == (40, 24, (41, 24))
    assert (found.source, found.source_type, found.title_frames) == ("array", "uint16", 0)
    assert (found.drawn, found.sources, found.moves, found.bad_frames) == ((), (), (), ())
    assert found.crop == CropBox(40, 24, 0, 0)
    assert (found.versions, found.calibration) == (versions(), {})
    shared = plan(stack, t2v.VideoSettings(contrast="global", pixel_size=0.5, **settings))
    found = recipe_of(shared, stats, 0.0, (), first_segment(b"x264 - core 164 r"))
    assert [c.limits for c in found.channels] == [((1 / 3, 900.0),), ((2.0, 1e10),)]
    assert (found.batch, found.versions) == ((), versions() | {"x264": "164"})
    assert found.calibration["pixel_size_um"] == 0.5
    assert set(found.calibration) == {"pixel_size_um", "pixel_size_origin"}


@pytest.mark.parametrize(
    ("data", "library"),
    [(b"..x265 (build 209) - ", {"x265": "209"}), (b"x264", {}),
     (bytes(1985) + b"x264 - core 164", {"x264": "164"}),
     (bytes(1986) + b"x264 - core 164", {"x264": "16"})],
)  # fmt: skip
def test_the_version_of_the_encoder(data, library):
    made = planned(noise((2, 24, 40)), limits=(0, 9))
    found = recipe_of(made, stats_of(((0.0, 9.0),)), 0.0, (), first_segment(data))
    assert found.versions == versions() | library


def test_colours_and_counts_as_they_are_in_a_recipe():
    frames = noise((2, 24, 40))
    limits = stats_of(((0.0, 9.0),))

    def colours(**options):
        made = planned(frames, limits=(0, 9), **options)
        (channel,) = recipe_of(made, limits, 0.0, (), first_segment(b"")).channels
        return channel.colours

    assert colours() == ""
    assert colours(colormap="magenta") == "#ff00ff"
    table = np.frombuffer(base64.b64decode(colours(colormap="viridis")), np.uint8).reshape(256, 3)
    assert table[[0, 255]].tolist() == [[68, 1, 84], [253, 231, 37]]
    raw = recipe_of(planned(frames, raw=True), limits, 0.0, (), first_segment(b""))
    assert raw.channels[0].limits == ()


class Looked:
    """A run that does its tasks here."""

    key, phase = "none", None

    def expect(self, count):
        self.expected = count

    def compute(self, tasks, steps):
        assert (self.phase, steps) == ("trying", self.expected)
        self.found = list(dask.compute(*tasks, scheduler="sync"))
        return self.found


@pytest.mark.parametrize(("count", "size", "stride"), [(3, 24, 1), (40, 100, 2)])
def test_the_pictures_that_a_palette_is_made_of(count, size, stride):
    frames = noise((count, size, 400, 3), high=255, dtype=np.uint8)
    options = {"codec": "gif", "width": "full"}
    made = planned(frames, contrast="local", **options)
    run = Looked()
    found = fit.with_palette(made, None, run)
    chosen = np.rint(np.linspace(0, count - 1, min(count, 32))).astype(int)
    assert len(run.found) == run.expected == len(chosen)
    for number, picture in zip(chosen, run.found, strict=True):
        own = t2v.render_frame(frames, number, contrast="local", **options)
        np.testing.assert_array_equal(picture, own[::stride, ::stride])
    assert (len(found.encoder.palette), found.encoder.dithers) == (768, True)
    assert fit.with_palette(found, None, None) is found  # it has one
    grey = planned(frames[..., 0], contrast="local", codec="gif")
    assert fit.with_palette(grey, None, None) is grey
    titled = planned(frames, contrast="local", title="i", **options)
    fit.with_palette(titled, (((0.0, 5.0),),), run)
    assert len(run.found) == len(chosen) + 1
    card = run.found.pop()
    written = title_card("i", (size, 400))[::stride, ::stride]
    assert written.any()
    np.testing.assert_array_equal(card, np.dstack([written] * 3))
    assert (run.found[0][frames[0, ::stride, ::stride] >= 5] == 255).all()
