"""A title before the first frame: a still of its own, behind which nothing changes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise, numbered, smooth
from helpers.video import decoded

import napari_tif2video as t2v


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("title") / "pos", numbered(7))


def rows_with_ink(card):
    """The first and last rows of each line of text."""
    has_ink = np.concatenate([[False], (card > 100).any(1), [False]])
    edges = np.flatnonzero(np.diff(has_ink.astype(int)))
    return edges.reshape(-1, 2)


@pytest.mark.parametrize(("duration", "count"), [(None, 20), ("3", 30), ("100ms", 1), (5.04, 50)])
def test_the_title_is_a_still_before_the_first_frame(tmp_path, folder, duration, count):
    options = {"width": 320, "label": "{frame}"}
    plain = t2v.convert(folder, tmp_path / "p.mp4", **options)
    titled = {"title": "Wild type", "title_duration": duration}
    video = t2v.convert(folder, tmp_path / "o.mp4", verify=True, **options | titled)
    assert (video.frames, video.title_frames) == (7, count)
    assert video.duration_s == pytest.approx((7 + count) / 10)
    shown = decoded(video.path)
    assert len(shown) == 7 + count
    np.testing.assert_array_equal(shown[count:], decoded(plain.path))
    card = shown[:count]
    assert np.abs(card.astype(int) - card[0]).mean() < 0.5
    ((top, bottom),) = rows_with_ink(card[0])
    assert abs((top + bottom) / 2 - 48) < 6
    columns = np.flatnonzero((card[0] > 100).any(0))
    assert abs((columns[0] + columns[-1]) / 2 - 160) < 6


def test_lines_are_below_each_other(tmp_path, folder):
    as_typed = t2v.convert(folder, tmp_path / "a.mp4", title=r"one\nand two\n3", width=400)
    as_text = t2v.convert(folder, tmp_path / "b.mp4", title="one\nand two\n3", width=400)
    card = decoded(as_typed.path)[0]
    np.testing.assert_array_equal(card, decoded(as_text.path)[0])
    lines = rows_with_ink(card)
    assert len(lines) == 3
    widths = [np.flatnonzero((card[a:b] > 100).any(0)) for a, b in lines]
    assert np.ptp(widths[1]) > np.ptp(widths[0]) > np.ptp(widths[2])
    for each in widths:
        assert abs(each[0] + each[-1] - 400) < 8


@pytest.mark.parametrize(
    ("ending", "options"),
    [
        (".gif", {}),
        (".gif", {"colormap": "viridis"}),
        (".gif", {"anchor": True}),
        (".mkv", {}),
        (".mkv", {"anchor": True}),
        (".mov", {}),
        (".webm", {}),
        (".mp4", {"codec": "av1"}),
        (".mp4", {"codec": "h265"}),
        (".mp4", {"codec": "mpeg4"}),
    ],
)
def test_all_formats(tmp_path, ffmpeg, folder, ending, options):
    options = {"width": 320, "title": "Title", "title_duration": 0.3} | options
    video = t2v.convert(folder, tmp_path / f"o{ending}", verify=True, **options)
    shown = ffmpeg.pictures(video.path, (96, 320)).astype(int)
    assert len(shown) == 3 + 7
    assert (shown[0] > 150).all(-1).mean() > 0.004
    assert (shown[0] < 50).all(-1).mean() > 0.8
    assert np.abs(shown[2] - shown[0]).mean() < 3
    expected = t2v.render_frame(folder, 4, **options).astype(int)
    assert np.abs(shown[3 + 4] - expected).mean() < 6


def test_what_a_title_says_of_itself(tmp_path, cli, folder):
    out = tmp_path / "o.mp4"
    options = ("--title", r"Wild type\n37 °C", "--width", 320, "--fps", 20)
    planned = cli(folder, "-o", out, *options, "--dry-run").out
    assert "0.3 s + 2 s title at 20 fps" in planned
    done = cli(folder, "-o", out, *options, "--json", "--sidecar")
    (video,) = json.loads(done.out)["sources"]
    assert (video["frames"], video["title_frames"]) == (7, 40)
    assert "0.3 s + 2 s title" in done.err
    recipe = t2v.read_recipe(out)
    assert (recipe.frames, recipe.title_frames, recipe.settings["title"]) == (
        7,
        40,
        "Wild type\n37 °C",
    )
    assert "40 frames before those of the data" in cli("--inspect", out).out
    assert t2v.Recipe.from_json((tmp_path / "o.json").read_text()) == recipe
    again = tmp_path / "again.mp4"
    assert cli(folder, "--settings", out, "-o", again).code == 0
    assert again.read_bytes() == out.read_bytes()


def test_times_and_numbers_are_those_of_the_data(tmp_path, folder):
    options = {"width": 320, "timestamp": True, "frame_interval": "1min", "title_duration": 1}
    video = t2v.convert(folder, tmp_path / "o.mp4", title="x", **options)
    plain = t2v.convert(folder, tmp_path / "p.mp4", **options | {"title_duration": None})
    np.testing.assert_array_equal(decoded(video.path)[10:], decoded(plain.path))


def test_a_title_over_several_sources(tmp_path):
    stacks = [np.stack([smooth((60, 90), high=900 + t) for t in range(4)])] * 2
    options = {"panels": "sources", "width": 160}
    video = t2v.convert(stacks, tmp_path / "o.mp4", title="both", verify=True, **options)
    plain = t2v.convert(stacks, tmp_path / "p.mp4", **options)
    shown = decoded(video.path)
    np.testing.assert_array_equal(shown[20:], decoded(plain.path))
    assert (shown[0] < 50).mean() > 0.8  # no panels there


def test_a_size_is_kept_with_the_title(tmp_path):
    frames = smooth((120, 160), high=3600) + noise((60, 120, 160), high=300)
    options = {"max_size": "60kB", "width": 160, "title": "Title", "title_duration": 10}
    video = t2v.convert(frames, tmp_path / "o.mp4", **options)
    assert video.path.stat().st_size <= 60_000


def test_a_title_that_does_not_fit_is_refused_before_any_work(cli, folder):
    ended = cli(folder, "--title", "word " * 60, "--width", 100, "--dry-run")
    assert ended.code == 1
    assert "title: does not fit into the video, which is 100x30" in ended.out


def test_workers_change_no_byte(tmp_path, folder):
    made = {
        t2v.convert(
            folder, tmp_path / f"{n}.mp4", title="x", title_duration=6, workers=n
        ).path.read_bytes()
        for n in (1, 2)
    }
    assert len(made) == 1


REFUSED = {
    "too long": ({"title": "word " * 60}, "title: does not fit into the video, which is 100x"),
    "nothing": ({"title": "  "}, "title: expected a text"),
    "letters that are not there": ({"title": "電"}, "the font"),
    "a tab": ({"title": "a\tb"}, "single line"),
    "a duration alone": ({"title_duration": 3}, "no title to show"),
    "no duration": ({"title": "x", "title_duration": 0}, "title_duration"),
    "raw": ({"title": "x", "raw": True, "width": "full"}, "leave out title"),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(tmp_path, folder, options, message):
    with pytest.raises(t2v.Tif2VideoError, match=message):
        t2v.convert(folder, tmp_path / "o.mkv", **{"width": 100} | options)
    assert list(tmp_path.iterdir()) == []
