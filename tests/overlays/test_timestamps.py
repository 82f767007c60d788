"""The time on each frame is that of the frame, written in one way for the whole movie."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.ink import lines, says
from helpers.video import decoded, grey_of

import napari_tif2video as t2v

# Black, so that there is nothing on the picture but what is written.
BLACK = {"limits": (1, 255), "width": 200}


def black(frames, size=(100, 100)):
    return np.zeros((frames, *size), np.uint8)


def texts(source, expected, **options):
    """Check what is written on the first frames of a movie, and on its last."""
    options = BLACK | {"timestamp": True} | options
    last = expected.pop(...) if ... in expected else None
    for index, text in expected.items():
        check(source, index, text, options)
    if last is not None:
        check(source, -1, last, options)


def check(source, index, text, options):
    (ink,) = lines(t2v.render_frame(source, index, **options)[..., 0])
    assert says(ink, text), f"frame {index} does not say {text}"


FORMATS = {
    "seconds": (1, 60, {0: "0 s", 9: "9 s", 59: "59 s"}),
    "tenths": (0.5, 20, {0: "0.0 s", 1: "0.5 s", ...: "9.5 s"}),
    "hundredths": ("0.25", 9, {1: "0.25 s", ...: "2.00 s"}),
    "a camera at 30 Hz": (1 / 30, 61, {1: "0.033 s", 2: "0.067 s", 60: "2.000 s"}),
    "milliseconds": ("2ms", 100, {0: "0 ms", 1: "2 ms", ...: "198 ms"}),
    "parts of milliseconds": ("0.1ms", 50, {1: "0.1 ms", ...: "4.9 ms"}),
    "minutes": (20, 100, {0: "00:00 min", 10: "03:20 min", ...: "33:00 min"}),
    "minutes and tenths": ("2.5 s", 50, {1: "00:02.5 min", ...: "02:02.5 min"}),
    "hours": ("5min", 37, {0: "0:00 h", 13: "1:05 h", ...: "3:00 h"}),
    "many hours": ("1h", 80, {1: "1:00 h", ...: "79:00 h"}),
    "hours and seconds": (90, 100, {1: "0:01:30 h", ...: "2:28:30 h"}),
    "days": ("6 h", 21, {1: "0 d 06:00 h", ...: "5 d 00:00 h"}),
    "a whole second": (0.5, 3, {0: "0.0 s", 2: "1.0 s"}),
    "a whole minute": (20, 4, {0: "00:00 min", 3: "01:00 min"}),
    "a whole hour": ("5min", 13, {0: "0:00 h", 12: "1:00 h"}),
    "a hundred hours": ("50h", 3, {0: "0 d 00:00 h", 2: "4 d 04:00 h"}),
    "odd seconds": (300.2, 30, {1: "0:05 h", ...: "2:25 h"}),
}


@pytest.mark.parametrize(("interval", "frames", "expected"), FORMATS.values(), ids=FORMATS)
def test_one_format_for_the_whole_movie(interval, frames, expected):
    texts(black(frames), dict(expected), frame_interval=interval)


def test_a_clock_keeps_its_right_edge_and_a_label_its_left_one():
    """Digits come at the left of a clock, and its unit stays where it is."""
    for options, edge in (({"timestamp": True}, -1), ({"label": "{time}"}, 0)):
        options = BLACK | {"frame_interval": 5} | options
        ends = [
            np.flatnonzero(t2v.render_frame(black(3), i, **options)[..., 0].any(axis=0))[edge]
            for i in (1, 2)  # 5 s and 10 s
        ]
        assert abs(int(ends[0]) - int(ends[1])) <= (0 if edge else 3)


STARTS = {
    "later": ("2h", {0: "2:00 h", 1: "2:05 h"}),
    "before": ("-10min", {0: "−10:00 min", 1: "−05:00 min", 2: "00:00 min", 3: "05:00 min"}),
    "an object": (dt.timedelta(minutes=1), {0: "01:00 min", 1: "06:00 min"}),
}


@pytest.mark.parametrize(("start", "expected"), STARTS.values(), ids=STARTS)
def test_another_time_of_the_first_frame(start, expected):
    options = {"frame_interval": "5min", "time_start": start}
    texts(black(4), dict(expected), **options)
    texts(black(4), dict(expected), **options, timestamp=False)  # implied


def test_a_time_just_before_zero_has_no_sign():
    options = {"frame_interval": 300.2, "time_start": -300.4}
    texts(black(30), {0: "−0:05 h", 1: "0:00 h", 2: "0:05 h"}, **options)


SELECTED = {
    "a part": ("10:14", {0: "10 s", 3: "13 s"}),
    "every other": ("::20", {0: "0 s", 1: "20 s", 2: "40 s"}),
    "from the end": ("-3:", {0: "57 s", 2: "59 s"}),
    "backwards": ("::-1", {0: "59 s", 1: "58 s", 59: "0 s"}),
    "a single one": ("7:8", {0: "7 s"}),
}


@pytest.mark.parametrize(("frames", "expected"), SELECTED.values(), ids=SELECTED)
def test_selected_frames_keep_their_time_and_number(frames, expected):
    texts(black(60), dict(expected), frames=frames, frame_interval=1)
    starts = {i: f"{int(t.split()[0]) - 4} s".replace("-", "−") for i, t in expected.items()}
    texts(black(60), starts, frames=frames, frame_interval=1, time_start=-4)
    numbers = {i: t.split()[0] for i, t in expected.items()}
    texts(black(60), numbers, frames=frames, timestamp=False, label="{frame}")


@pytest.fixture
def timed(tmp_path):
    """An OME-TIFF that tells when each plane was made."""
    meta = {"axes": "TYX", "Plane": {"DeltaT": [1.0, 3, 5.5, 7, 40], "DeltaTUnit": ["min"] * 5}}
    tifffile.imwrite(tmp_path / "s.ome.tif", black(5), ome=True, metadata=meta)
    return tmp_path / "s.ome.tif"


def test_times_of_the_planes(timed):
    recorded = dict(enumerate(["01:00 min", "03:00 min", "05:30 min", "07:00 min", "40:00 min"]))
    texts(timed, dict(recorded))
    texts(timed, {0: recorded[4], 1: recorded[2], 2: recorded[0]}, frames="::-2")
    texts(timed, {0: "00:00 min", 2: "04:30 min", 4: "39:00 min"}, time_start=0)
    texts(timed, {0: "02:00 min"}, time_start=0, frames="1:")
    texts(timed, {0: "00:00 min", 4: "04:00 min"}, frame_interval=60)


def test_any_selection_of_a_stack(timed):
    stack = t2v.open_stack(timed).select([4, 0, 2])
    texts(stack, {0: "40:00 min", 1: "01:00 min", 2: "05:30 min"})
    meta = {"axes": "TYX", "TimeIncrement": 30}
    tifffile.imwrite(timed.parent / "e.ome.tif", black(9), ome=True, metadata=meta)
    stack = t2v.open_stack(timed.parent / "e.ome.tif")
    texts(stack.select([0, 3, 4]), {0: "00:00 min", 1: "01:30 min", 2: "02:00 min"})
    texts(stack.select(range(2, 5)), {0: "01:00 min", 2: "02:00 min"})
    texts(stack.select(range(2, 9)).select([1, 0]), {0: "01:30 min", 1: "01:00 min"})
    texts(stack.select(range(2, 9)), {0: "02:00 min"}, frames="2:")


def test_in_every_segment_and_whichever_way_frames_are_prepared(tmp_path):
    """Also where limits are measured first, with any number of workers."""
    stack = black(120)
    stack[:, 50, 50] = 200
    for options in ({}, {"contrast": "global"}, {"contrast": "global", "memory_budget": 0}):
        paths = []
        for workers in (1, 3):
            path = tmp_path / f"{workers}.mp4"
            t2v.convert(
                stack, path, width=200, timestamp=True, frame_interval=0.5, workers=workers,
                overwrite=True, quality="high", **options,
            )  # fmt: skip
            paths.append(path.read_bytes())
        assert paths[0] == paths[1]
        check_video(tmp_path / "1.mp4", stack, timestamp=True, frame_interval=0.5, width=200)


def check_video(path, stack, **options):
    """Each frame of a video is nearer to its own picture than to that of its neighbours."""
    shown = grey_of(decoded(path))
    pictures = [t2v.render_frame(stack, i, **options)[..., 0] for i in range(len(stack))]
    assert len(shown) == len(stack)
    for index, frame in enumerate(shown):
        near = range(max(0, index - 2), min(len(stack), index + 3))
        off = {i: np.abs(frame - pictures[i]).mean() for i in near}
        assert min(off, key=off.get) == index
        assert off[index] < 2


WRONG = {
    "no interval": (["--timestamp"], 1, "--frame-interval"),
    "no interval for a label": (["--label", "{time}"], 1, "--frame-interval"),
    "a word": (["--frame-interval", "often"], 2, "--frame-interval"),
    "a wrong unit": (["--frame-interval", "5 weeks"], 2, "5min"),
    "units in disorder": (["--frame-interval", "5min 3h"], 2, "--frame-interval"),
    "zero": (["--frame-interval", "0"], 2, "more than 0"),
    "backwards": (["--frame-interval=-5"], 2, "more than 0"),
    "without an end": (["--time-start", "inf"], 2, "--time-start"),
    "no corner": (["--timestamp-corner", "middle"], 2, "top-left"),
}


@pytest.mark.parametrize(("options", "code", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be(tmp_path, cli, options, code, said):
    ended = cli(write_folder(tmp_path / "in", black(3)), "--quiet", *options)
    assert ended.code == code
    assert said in ended.error_line
    assert not list(tmp_path.rglob("*.mp4"))


DURATIONS = {
    "300": 300, "5min": 300, "1.5 h": 5400, "500ms": 0.5, "2 h": 7200, "1h30min": 5400, "30 s": 30,
    "1 day 2 hours": 93600, "1 hour 5 minutes": 3900,
    "1 d 2 h": 93600, "20us": 2e-5, "20 µs": 2e-5, "1e3": 1000, ".5 MIN": 30, 42: 42, 0.1: 0.1,
}  # fmt: skip


@pytest.mark.parametrize(("value", "seconds"), DURATIONS.items(), ids=str)
def test_durations(value, seconds):
    assert t2v.VideoSettings(frame_interval=value).frame_interval == pytest.approx(seconds)
    assert t2v.VideoSettings(time_start=value).time_start == pytest.approx(seconds)
    if isinstance(value, str):
        assert t2v.VideoSettings(time_start=f"-{value}").time_start == pytest.approx(-seconds)


@pytest.mark.parametrize("value", ["", "5 5", "min", "5m", "1:30", "nan", "1h1h", True, [], "--5"])
def test_what_is_no_duration(value):
    with pytest.raises(t2v.SettingsError, match="frame_interval"):
        t2v.VideoSettings(frame_interval=value)


def test_what_is_played_has_to_be_time(tmp_path, cli):
    data = np.stack([black(3)] * 2)
    tifffile.imwrite(tmp_path / "h.tif", data, imagej=True, metadata={"axes": "TZYX"})
    tifffile.imwrite(tmp_path / "z.tif", data[0], imagej=True, metadata={"axes": "ZYX"})
    time = ["--timestamp", "--frame-interval", "5"]
    for source, options in (("h.tif", ["--play", "Z"]), ("z.tif", [])):
        for asked in (time, time[1:], ["--label", "{time}"]):
            ended = cli(tmp_path / source, "--quiet", *options, *asked)
            assert ended.code == 1
            assert "(Z) are played, not time" in ended.error_line
    texts(tmp_path / "h.tif", {1: "5 s"}, frame_interval=5)
    texts(tmp_path / "z.tif", {2: "10 s"}, frame_interval=5, axes="TYX")


def test_the_given_interval_is_said(tmp_path, cli):
    folder = write_folder(tmp_path / "in", black(6))
    ended = cli(folder, "--frame-interval", "5min", "--frames", "::2", "--dry-run", "--json")
    (source,) = json.loads(ended.out)["sources"]
    assert (source["frame_interval_s"], source["frame_interval_origin"]) == (600, "given")
    assert "300 s a frame (given)" in cli(folder, "--frame-interval", "5min", "--dry-run").out


@pytest.mark.parametrize("numbers", [(0, 1, 2, 5, 6, 10), (10, 20, 30, 60, 70, 110)], ids=str)
def test_missing_files_leave_room_in_time(tmp_path, cli, numbers):
    """Every place is at its number, counted in steps of the numbering from the first one."""
    step = 1 if numbers[0] == 0 else 10
    for number in numbers:
        tifffile.imwrite(tmp_path / f"t{number}.tif", black(1)[0])
    for options, shown in ({}, range(6)), ({"frames": "1::2"}, (1, 3, 5)):
        options = BLACK | {"timestamp": True, "frame_interval": 20} | options
        for index, frame in enumerate(shown):
            seconds = 20 * (numbers[frame] - numbers[0]) // step
            expected = f"{seconds // 60:02}:{seconds % 60:02} min"
            check(tmp_path, index, expected, options)
    ended = cli(tmp_path, "-o", tmp_path / "o.mp4")
    assert f"missing in the numbering, the first is t{3 * step + numbers[0]}.tif" in ended.err


def test_recorded_times_need_no_numbers(timed):
    assert t2v.open_stack(timed).calibration.places is None
