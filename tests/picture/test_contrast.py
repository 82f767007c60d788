"""Where black and white come from: frame, sequence, batch, fixed; crop, colours, constants."""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise
from helpers.oracle import assert_rounded, levels, to_grey
from helpers.video import decoded, grey_of, media

import napari_tif2video as t2v


def brightening(count=6, shape=(40, 120)):
    """Each frame spans another range of counts."""
    return np.stack([noise(shape, low=100 * i, high=1000 + 300 * i, seed=i) for i in range(count)])


def shown(source, index, **options):
    return t2v.render_frame(source, index, width="full", **options)[..., 0]


def test_local_limits_are_those_of_each_frame(tmp_path):
    stack = brightening()
    for index, frame in enumerate(stack):
        expected = levels(frame, frame.min(), frame.max())
        assert_rounded(shown(stack, index), expected)
        assert_rounded(shown(stack, index, contrast="local"), expected)
    video = t2v.convert(stack, tmp_path / "o.mp4")
    assert video.contrast == "local"
    assert video.limits == tuple((f.min(), f.max()) for f in stack)


@pytest.mark.parametrize("contrast", ["global", "batch"])
def test_limits_of_the_sequence(tmp_path, contrast):
    stack = brightening()
    for index in (0, 3, -1):
        expected = levels(stack[index], stack.min(), stack.max())
        assert_rounded(shown(stack, index, contrast=contrast), expected)
    video = t2v.convert(write_folder(tmp_path / "in", stack), contrast=contrast)
    assert video.limits == (stack.min(), stack.max())
    assert video.contrast == contrast


def test_fixed_limits_clip(tmp_path):
    stack = brightening()
    expected = levels(stack[2], 300, 1200.5)
    assert {0, 255} <= set(np.unique(expected))
    assert_rounded(shown(stack, 2, limits=(300, 1200.5)), expected)
    video = t2v.convert(stack, tmp_path / "o.mp4", limits=(300, 1200.5))
    assert (video.contrast, video.limits) == ("fixed", (300, 1200.5))


def test_fixed_limits_may_lie_outside_the_data():
    frame = noise((16, 100), low=1000, high=2000)
    assert_rounded(shown(frame, 0, limits=(-500, 9000)), levels(frame, -500, 9000))
    assert (shown(frame, 0, limits=(5000, 6000)) == 0).all()
    assert (shown(frame, 0, limits=(0, 500)) == 255).all()


@pytest.mark.parametrize("contrast", ["local", "global", "batch"])
@pytest.mark.parametrize("width", ["full", 100, 200])
def test_limits_belong_to_the_cropped_region(tmp_path, contrast, width):
    stack = np.stack([noise((60, 160), low=500 + i, high=800 + i, seed=i) for i in range(3)])
    stack[:, 0, :] = 65535  # outside the box, on every side of it
    stack[:, -1, :] = 0
    stack[:, :, 0] = 65000
    stack[:, :, -1] = 1
    crop = "158x58+1+1"
    inside = stack[:, 1:59, 1:159]
    video = t2v.convert(stack, tmp_path / "o.mp4", crop=crop, contrast=contrast, width=width)
    own = tuple((f.min(), f.max()) for f in inside)
    assert video.limits == (own if contrast == "local" else (inside.min(), inside.max()))


def test_an_odd_row_and_column_that_are_cut_do_not_set_limits(tmp_path):
    stack = noise((3, 41, 101), low=500, high=800)
    stack[:, 40, :], stack[:, :, 100] = 65535, 0
    inside = stack[:, :40, :100]
    video = t2v.convert(stack, tmp_path / "o.mp4", contrast="global", width="full")
    assert video.limits == (inside.min(), inside.max())


def test_remembered_limits_are_those_of_each_box():
    stack = t2v.open_stack(brightening())
    whole = shown(stack, 1, contrast="global")
    part = shown(stack, 1, contrast="global", crop="20x20")
    again = shown(stack, 1, contrast="global")
    data = brightening()
    inside = data[:, 10:30, 50:70]
    assert_rounded(whole, levels(data[1], data.min(), data.max()))
    assert_rounded(part, levels(inside[1], inside.min(), inside.max()))
    np.testing.assert_array_equal(again, whole)


@pytest.mark.parametrize("contrast", ["local", "global"])
def test_three_colours_have_one_pair_of_limits(tmp_path, contrast):
    stack = np.stack(
        [noise((3, 40, 120), low=a, high=b, seed=a) for a, b in ((50, 300), (100, 900), (0, 150))],
        axis=-1,
    )
    video = t2v.convert(stack, tmp_path / "o.mp4", contrast=contrast, width="full")
    own = tuple((f.min(), f.max()) for f in stack)
    assert video.limits == (own if contrast == "local" else (0, 900))
    picture = t2v.render_frame(stack, 1, contrast=contrast, width="full")
    assert_rounded(picture, levels(stack[1], *((0, 900) if contrast == "global" else own[1])))


def test_limits_of_eight_bit_data(tmp_path):
    stack = noise((3, 40, 120), low=20, high=90, dtype=np.uint8)
    stack[2] = np.clip(stack[2], 30, 60)
    video = t2v.convert(stack, tmp_path / "o.mp4", contrast="global")
    assert video.limits == (20, 90)
    assert_rounded(shown(stack, 2, contrast="global"), levels(stack[2], 20, 90))
    assert_rounded(shown(stack, 2), levels(stack[2], 30, 60))


@pytest.mark.parametrize("width", ["full", 100, 300])
def test_constant_frames_are_black_and_reported(tmp_path, width):
    stack = noise((5, 40, 120))
    stack[1], stack[3] = 4000, 65535
    folder = write_folder(tmp_path / "in", stack)
    for index in (1, 3):
        assert (t2v.render_frame(folder, index, width=width) == 0).all()
    video = t2v.convert(folder, width=width)
    assert video.constant_frames == (1, 3)
    (note,) = video.notes
    assert "2 of 5" in note
    assert "t1.tif" in note
    levels = grey_of(decoded(video.path))
    assert np.abs(levels[[1, 3]]).max() < 3
    assert levels[[0, 2, 4]].mean() > 50


@pytest.mark.parametrize("contrast", ["local", "global"])
@pytest.mark.parametrize("value", [0, 1234, 65535])
def test_a_sequence_without_any_contrast_is_black(tmp_path, value, contrast):
    stack = np.full((3, 40, 120), value, np.uint16)
    assert (shown(stack, 0, contrast=contrast) == 0).all()
    video = t2v.convert(stack, tmp_path / "o.mp4", contrast=contrast)
    assert video.constant_frames == (0, 1, 2)
    assert any("3 of 3" in note for note in video.notes)
    assert np.abs(grey_of(decoded(video.path))).max() < 2


def test_a_constant_frame_keeps_its_grey_where_the_limits_are_not_its_own():
    stack = noise((3, 40, 120))
    stack[1] = 30000
    for options in ({"contrast": "global"}, {"limits": (0, 65535)}):
        assert (shown(stack, 1, **options) == to_grey(30000, 0, 65535)).all()


def test_a_frame_constant_inside_the_box_only(tmp_path):
    stack = noise((2, 40, 120))
    stack[0, 10:30, 50:70] = 77
    video = t2v.convert(stack, tmp_path / "o.mp4", crop="20x20+50+10", width=100)
    assert video.constant_frames == (0,)
    assert t2v.convert(stack, tmp_path / "p.mp4").constant_frames == ()


def test_a_dark_video_is_noted_and_a_bright_one_is_not(tmp_path):
    dark = noise((3, 40, 120), high=1000)
    dark[:, 20, 60] = 65535  # one hot pixel
    dark_video = t2v.convert(dark, tmp_path / "dark.mp4", width="full")
    assert any("few bright pixels" in n and "--percentile" in n for n in dark_video.notes)
    # What is drawn onto it tells nothing of the data.
    drawn = t2v.convert(dark, tmp_path / "drawn.mp4", width="full", points=[[20, 60]],
                        points_size=200)  # fmt: skip
    assert drawn.notes == dark_video.notes
    assert t2v.render_frame(dark, 0, width="full", points=[[20, 60]], points_size=200).mean() > 200
    assert t2v.convert(noise((3, 40, 120)), tmp_path / "bright.mp4").notes == ()


def test_the_note_about_hot_pixels_tells_the_mean_grey_of_both_ways(tmp_path):
    series = noise((12, 40, 120), low=100, high=4000)
    series[:, 7, 30] = 65535
    note = t2v.convert(series, tmp_path / "o.mp4", width="full").notes[0]
    told = re.search(
        r"the mean is ([\d.]+); --percentile (\S+) (\S+) would make it about (\S+)", note
    )
    before, low, high, after = map(float, told.groups())
    for mean, options in ((before, {}), (after, {"percentile": (low, high)})):
        frames = [t2v.render_frame(series, i, width="full", **options) for i in range(12)]
        assert mean == pytest.approx(np.mean(frames), abs=1)
    assert after > 5 * before


def test_the_source_array_is_not_changed(tmp_path):
    stack = noise((4, 60, 200), low=5, high=40000)
    copy = stack.copy()
    stack.flags.writeable = False
    t2v.convert(stack, tmp_path / "o.mp4", width=100, contrast="global", anchor=True)
    t2v.render_frame(stack, 0, width="full", anchor=True)
    np.testing.assert_array_equal(stack, copy)


def test_limits_and_clipped_share_are_in_every_report(tmp_path, cli):
    stack = brightening()
    folder = write_folder(tmp_path / "in", stack)
    ended = cli(folder, "--limits", 300, 900.5, "--json", "--report", tmp_path / "r.csv")
    share = ((stack < 300) | (stack > 900.5)).mean()
    (found,) = json.loads(ended.out)["sources"]
    assert (found["limits"], found["clipped"]) == ([300, 900.5], pytest.approx(share))
    with open(tmp_path / "r.csv", newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["black"], row["white"]) == ("300.0", "900.5")
    assert float(row["clipped"]) == pytest.approx(share)
    assert f"{100 * share:.2g} % of the values clipped" in ended.err


@pytest.mark.parametrize("contrast", ["local", "smooth"])
def test_limits_of_each_frame_are_in_json(tmp_path, cli, contrast):
    stack = brightening()
    folder = write_folder(tmp_path / "in", stack)
    ended = cli(folder, "--contrast", contrast, "--json", "--report", tmp_path / "r.csv")
    (found,) = json.loads(ended.out)["sources"]
    assert np.shape(found["limits"]) == (len(stack), 2)
    assert "--limits" not in ended.err
    assert (found["clipped"] == 0) == (contrast == "local")


@pytest.mark.parametrize(
    ("contrast", "percentile"), [("global", None), ("batch", None), ("batch", ("2", "97.5"))]
)
def test_the_line_that_repeats_the_limits(tmp_path, cli, contrast, percentile):
    folder = write_folder(tmp_path / "in", brightening())
    options = [] if percentile is None else ["--percentile", *percentile]
    ended = cli(folder, "--contrast", contrast, *options, "--width", "full")
    (line,) = (line for line in ended.err.splitlines() if "--limits" in line)
    again = line[line.index("--limits") :].split()
    (before,) = folder.glob("*_norm*.mp4")
    assert cli(folder, *again, "-o", tmp_path / "again.mp4", "--width", "full").code == 0
    assert media(tmp_path / "again.mp4") == media(before)


def test_clipped_share_of_missing_values_and_infinities(tmp_path):
    frame = np.linspace(0, 100, 4000, dtype=np.float32).reshape(40, 100)
    frame[0, :7], frame[1, :5] = np.nan, np.inf
    video = t2v.convert(frame[None], tmp_path / "o.mp4", limits=(0, 90))
    finite = frame[np.isfinite(frame)]
    assert video.clipped == pytest.approx((finite > 90).sum() / frame.size)


def test_the_note_about_bright_pixels_where_the_rest_is_not_dark(tmp_path):
    series = noise((4, 60, 120), low=100, high=20000)
    series[:, 7, 30] = 65535
    note = t2v.convert(series, tmp_path / "o.mp4", width="full").notes[0]
    advice = re.search(r"--percentile (\S+) (\S+) would make it about (\S+)", note)
    low, high, told = advice.groups()
    frames = [
        t2v.render_frame(series, i, width="full", percentile=(float(low), float(high)))
        for i in range(4)
    ]
    assert float(told) == pytest.approx(np.mean(frames), abs=2)
