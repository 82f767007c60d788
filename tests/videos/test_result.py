"""A result as JSON, as a row and in words; and what is said of videos that show little."""

from __future__ import annotations

import csv
import dataclasses
import math
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import napari_tif2video as t2v
from napari_tif2video.videos import Report, describe_fidelity, describe_limits, video_object

VIDEO = t2v.Video("a", "ok", Path("o.mp4"), frames=3, fps=Fraction(30000, 1001), contrast="global")


def with_(**changes):
    return dataclasses.replace(VIDEO, **changes)


def test_limits_and_lengths_of_a_result():
    assert VIDEO.path == Path("o.mp4")
    assert VIDEO.duration_s == pytest.approx(3 * 1001 / 30000)
    assert with_(title_frames=2).duration_s == pytest.approx(5 * 1001 / 30000)
    assert with_(fps=Fraction(0)).duration_s == 0
    assert (VIDEO.verified, with_(psnr_worst_db=40.0).verified) == (False, True)
    assert VIDEO.shared_limits == ()
    assert with_(limits=(5.0, 9.0)).shared_limits == ((5.0, 9.0),)
    two = ((5.0, 9.0), (1.0, 2.0))
    assert with_(limits=two).shared_limits == two
    for contrast in ("local", "smooth"):
        assert with_(limits=two, contrast=contrast).shared_limits == ()
    assert "limits" not in repr(with_(limits=two))
    assert t2v.Video("a", "failed") == t2v.Video(
        *("a", "failed", None, None, 0, 0, 0, Fraction(0), "", None, None, (), (), 0.0, "", None),
        *(None, (), None, "", None, "", None, None, None, None, None, 0, (), (), 0),
    )


def test_a_result_as_json():
    found = video_object(
        with_(
            limits=(((math.inf, -math.inf), (1.0, 2.5)), ((0.0, math.nan), (3.0, 4.0))),
            psnr_worst_db=math.inf,
            psnr_mean_db=41.5,
            seconds=1.23456,
            sidecar=Path("o.json"),
            notes=("one", "two"),
            constant_frames=(0, 2),
        )
    )
    assert found["limits"] == [[[None, None], [1.0, 2.5]], [[0.0, None], [3.0, 4.0]]]
    assert (found["psnr_worst_db"], found["psnr_mean_db"], found["verified"]) == (None, 41.5, True)
    assert (found["seconds"], found["fps"]) == (1.235, 30000 / 1001)
    assert (found["output"], found["sidecar"]) == ("o.mp4", "o.json")
    assert (found["notes"], found["constant_frames"]) == (["one", "two"], [0, 2])


COLUMNS = "source,output,status,error,frames,width,height,fps,contrast,black,white,clipped,seconds"


def test_rows_are_there_at_once_and_go_below_others(tmp_path):
    path = tmp_path / "r.csv"
    first = ["a", "o.mp4", "ok", "", "3", "0", "0", str(30000 / 1001), "global"]
    for number, existing in enumerate((None, b"", f"{COLUMNS}\r\n".encode())):
        if existing is not None:
            path.write_bytes(existing)
        with Report(str(path)) as report:
            report.write(with_(limits=((5.0, 9.0), (1.0, 2.0)), seconds=0.5, clipped=0.25))
            report.write(with_(limits=(5.0, 9.0), source="b,\nµ\udcff"))
            content = path.read_bytes()
        assert content == path.read_bytes(), number
        assert "µ".encode() + b"\xff" in content
        rows = list(csv.reader(content.decode("utf-8", "replace").splitlines(keepends=True)))
        assert rows[0] == COLUMNS.split(",")
        assert rows[1] == [*first, "5.0;1.0", "9.0;2.0", "0.25", "0.5"]
        assert rows[2][0] == "b,\nµ\ufffd"
        assert rows[2][9:] == ["5.0", "9.0", "", "0.0"]
        assert len(rows) == 3
        path.unlink()
    with Report(None) as report:
        report.write(VIDEO)
    for other in (b"source;output", b"\n", b"x" * 2000 + COLUMNS.encode()):
        path.write_bytes(other)
        with pytest.raises(t2v.SettingsError) as caught:
            Report(str(path))
        assert str(caught.value) == (f"--report {path}: is another kind of file; choose a new name")
        assert path.read_bytes() == other
    with pytest.raises(t2v.SettingsError) as caught:
        Report(str(tmp_path / "no" / "r.csv"))
    assert str(caught.value) == (
        f"--report {tmp_path / 'no' / 'r.csv'}: cannot be written (No such file or directory)"
    )


def test_results_in_words():
    bad = t2v.Video.__dataclass_fields__  # a result counts its bad frames, whatever they are
    assert "bad_frames" in bad
    told = {
        describe_limits(with_(contrast="raw")): "counts as they are",
        describe_limits(with_(contrast="raw", bad_frames=(1,))): (
            "counts as they are, 1 bad frame left out"
        ),
        describe_limits(with_(contrast="local", clipped=None, bad_frames=(1, 2))): (
            "each frame with limits of its own, 0 % of the values clipped, 2 bad frames left out"
        ),
        describe_limits(with_(contrast="smooth", clipped=0.012)): (
            "each frame with limits smoothed over time, 1.2 % of the values clipped"
        ),
        describe_limits(with_(limits=(5.0, 9.5), clipped=0.5, channels=("x",))): (
            "limits 5 to 9.5 (global), 50 % of the values clipped"
        ),
        describe_limits(with_(limits=((5.0, 9.5), (1.0, 2e9)), channels=("x", "y"))): (
            "limits x 5 to 9.5, y 1 to 2e+09 (global), 0 % of the values clipped"
        ),
        describe_fidelity(with_(psnr_worst_db=math.inf)): (
            "verified: all frames decode to what was rendered"
        ),
        describe_fidelity(with_(psnr_worst_db=math.inf, left_out=2)): (
            "verified: all frames decode to what was rendered; 2 pages or files of the source are "
            "left out"
        ),
        describe_fidelity(with_(psnr_worst_db=40.04, psnr_mean_db=41.26, left_out=1)): (
            "verified: 3 frames in order, PSNR 41.3 dB, worst frame 40.0 dB; 1 pages or files of "
            "the source are left out"
        ),
    }
    assert list(told) == list(told.values())


def levels(*shares):
    """Two frames (100, 100) in which each count has its share of the pixels, and one 0."""
    frame = np.concatenate([np.full(round(10_000 * share), count) for count, share in shares])
    return np.stack([frame.reshape(100, 100).astype(np.uint16)] * 2)


def findings(tmp_path, frames, **options):
    video = t2v.convert(
        frames, tmp_path / "o.mp4", width="full", quality="draft", overwrite=True, **options
    )
    return [note for note in video.notes if "panels go" not in note]


FEW = levels((0, 0.5), (10, 0.4995), (1000, 0.0005))
DARK = levels((0, 0.95), (10, 0.04), (1000, 0.01))
BRIGHT = levels((0, 0.5), (1000, 0.5))


def numbers_in(text):
    return [float(found) for found in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", text)]


def test_what_is_said_of_videos_that_show_little(tmp_path):
    assert findings(tmp_path, BRIGHT) == []
    (few,) = findings(tmp_path, FEW)
    mean = 0.4995 * np.rint(2.55) + 0.0005 * 255
    start = "a few bright pixels decide the range: of 255 grey levels, "
    assert few.startswith(
        f"{start}only one pixel in a thousand is brighter than 3, and the mean is "
    )
    assert numbers_in(few)[2] == pytest.approx(mean, abs=0.2)
    (dark,) = findings(tmp_path, DARK, contrast="global")
    assert dark.startswith(f"{start}the mean is ")
    assert numbers_in(dark)[1] == pytest.approx(0.04 * 3 + 0.01 * 255, abs=0.2)
    flat = np.full((2, 100, 100), 7, np.uint16)
    none = "have no contrast, all their pixels are equal; the first is"
    assert findings(tmp_path, flat) == [f"2 of 2 frames {none} frame 0"]
    half = np.stack([BRIGHT[0], flat[0]])
    (one,) = findings(tmp_path, half)
    assert one == f"1 of 2 frames {none} frame 1"  # and nothing of bright pixels
    assert few.endswith("; --percentile 0.1 99.9 would make it about 127.5")
    again = {"raw": True, "width": "full"}
    raw = [t2v.convert(flat, tmp_path / "o.mkv", skip_existing=n, **again) for n in (False, True)]
    assert [video.status for video in raw] == ["ok", "skipped"]
    told = "FFV1 is for archives and analysis (ffmpeg, VLC, Python); "
    for video in raw:  # neither has no contrast, nor was it made otherwise
        assert [note.startswith(told) for note in video.notes] == [True]
    very = "very dark (mean grey level "
    (fixed,) = findings(tmp_path, DARK, limits=(0, 2000))
    assert fixed.startswith(f"the video is {very}")
    assert fixed.endswith(" of 255); try --gamma 0.5, or other limits with --limits")
    (ranked,) = findings(tmp_path, DARK, percentile=(0, 100))
    assert ranked.startswith(f"the video is {very}")
    assert ranked.endswith(" of 255); try --gamma 0.5, or fixed limits with --limits")
    assert findings(tmp_path, FEW, percentile=(0, 90)) == []
    panels = findings(tmp_path, [BRIGHT, DARK], panels="sources")
    assert any(
        note.startswith("a few bright pixels decide the range of the darkest panel: ")
        for note in panels
    )
    panels = findings(tmp_path, [BRIGHT, DARK], panels="sources", limits=(0, 2000))
    assert any(note.startswith(f"the darkest panel is {very}") for note in panels)
