"""Channels side by side: each panel is the picture of its own video."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from helpers.frames import noise, smooth
from helpers.video import media

import napari_tif2video as t2v


def channels(count=2, frames=6, size=(60, 90)):
    """Each channel of a range of its own, which grows with time."""
    return np.stack(
        [
            [smooth(size, low=50 * c + t, high=(c + 1) * (900 + 100 * t)) for c in range(count)]
            for t in range(frames)
        ]
    )


def parts(picture, rows, columns, size):
    """The panels of a picture, and what lies between them."""
    gaps = picture.shape[0] - rows * size[0], picture.shape[1] - columns * size[1]
    gap = gaps[1] // (columns - 1) if columns > 1 else gaps[0] // (rows - 1)
    rest = picture.copy()
    panels = []
    for row in range(rows):
        for column in range(columns):
            top, left = row * (size[0] + gap), column * (size[1] + gap)
            part = np.s_[top : top + size[0], left : left + size[1]]
            panels.append(picture[part])
            rest[part] = 255
    return panels, rest


@pytest.mark.parametrize("contrast", ["local", "global", "smooth"])
@pytest.mark.parametrize(
    "drawn",
    [{}, {"anchor": True, "timestamp": True, "frame_interval": 1, "colour_bar": True}],
    ids=["plain", "drawn"],
)
def test_each_panel_is_the_picture_of_its_own_video(contrast, drawn):
    options = {"axes": "TCYX", "contrast": contrast, "width": 240} | drawn
    picture = t2v.render_frame(channels(), 3, panels="channels", **options)
    assert picture.shape == (160, 3 * 240 + 2 * 2, 3)
    panels, rest = parts(picture, 1, 3, (160, 240))
    for panel, channel in zip(panels, (0, 1, "all"), strict=True):
        own = t2v.render_frame(channels(), 3, channel=channel, legend=True, **options)
        np.testing.assert_array_equal(panel, own)
    assert (rest == 255).all()


@pytest.mark.parametrize(
    ("count", "size", "rows", "columns"),
    [(2, (60, 90), 1, 3), (3, (60, 90), 2, 2), (2, (40, 160), 3, 1), (5, (90, 90), 2, 3)],
)
def test_the_grid_is_full_and_near_to_a_screen(count, size, rows, columns):
    stack = channels(count, 1, size)
    picture = t2v.render_frame(stack, 0, axes="TCYX", panels="channels", width=200)
    height = round(200 * size[0] / size[1] / 2) * 2
    panels, rest = parts(picture, rows, columns, (height, 200))
    assert len(panels) == rows * columns
    assert (rest == 255).all()
    for number in range(count):
        own = t2v.render_frame(stack, 0, axes="TCYX", channel=number, width=200, legend=True)
        np.testing.assert_array_equal(panels[number], own)


def test_the_video_its_facts_and_its_recipe(tmp_path, cli, ffmpeg):
    path = tmp_path / "t.ome.tif"
    tifffile.imwrite(path, channels(), photometric="minisblack", metadata={"axes": "TCYX"})
    out = tmp_path / "o.mp4"
    done = cli(path, "-o", out, "--panels", "channels", "--width", 200, "--json", "--verify")
    (source,) = json.loads(done.out)["sources"]
    assert (source["status"], source["width"], source["height"]) == ("ok", 604, 134)
    assert len(media(out)[0]) == 6
    shown = ffmpeg.pictures(out, (134, 604))[4].astype(int)
    expected = t2v.render_frame(path, 4, panels="channels", width=200).astype(int)
    assert np.abs(shown - expected).mean() < 2
    recipe = t2v.read_recipe(out)
    assert (recipe.width, recipe.height, len(recipe.channels)) == (604, 134, 2)
    assert t2v.VideoSettings.load(out).panels == "channels"
    planned = json.loads(cli(path, "--panels", "channels", "--dry-run", "--json").out)["sources"][0]
    assert (planned["width"], planned["height"]) == (1508, 334)


def test_any_number_of_workers_gives_the_same_bytes(tmp_path):
    stack = channels(3, 120, (30, 50))
    made = {
        t2v.convert(
            stack, tmp_path / f"{n}.mp4", axes="TCYX", panels="channels", width=100, workers=n
        ).path.read_bytes()
        for n in (1, 2, 5)
    }
    assert len(made) == 1


@pytest.mark.parametrize("ending", [".gif", ".mkv", ".mov"])
def test_other_formats(tmp_path, ffmpeg, ending):
    options = {"axes": "TCYX", "panels": "channels", "width": 120}
    video = t2v.convert(channels(), tmp_path / f"o{ending}", verify=True, **options)
    shown = ffmpeg.pictures(video.path, (80, 364))[2].astype(int)
    expected = t2v.render_frame(channels(), 2, **options)
    assert np.abs(shown - expected).mean() < 3


def test_a_size_is_kept_and_a_width_that_fits_is_named(tmp_path):
    stack = smooth((200, 300), high=3600) + noise((20, 2, 200, 300), high=600)
    options = {"axes": "TCYX", "panels": "channels", "width": 400}
    with pytest.raises(t2v.SourceError, match=r"width (\d+) would fit") as caught:
        t2v.convert(stack, tmp_path / "o.mp4", max_size="60kB", **options)
    width = int(str(caught.value).rpartition("width ")[2].split()[0])
    video = t2v.convert(stack, tmp_path / "o.mp4", max_size="60kB", **options | {"width": width})
    assert video.path.stat().st_size <= 60_000


REFUSED = {
    "one channel": (np.zeros((3, 20, 20), np.uint8), {}, "several channels"),
    "one of them": (channels(), {"axes": "TCYX", "channel": 1}, "show all channels"),
    "inverted": (channels(), {"axes": "TCYX", "invert": True}, "cannot be inverted"),
    "raw": (channels(), {"axes": "TCYX", "raw": True}, "leave out"),
    "other words": (channels(), {"panels": "rows"}, "must be one of channels"),
}


@pytest.mark.parametrize(("stack", "options", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(tmp_path, stack, options, message):
    with pytest.raises(t2v.Tif2VideoError, match=message):
        t2v.convert(stack, output_dir=tmp_path, **{"panels": "channels"} | options)
    assert list(tmp_path.iterdir()) == []


def test_sides_that_no_codec_takes_are_refused(tmp_path):
    stack = channels(4, 1, (40, 40))
    with pytest.raises(t2v.SourceError, match="sides of"):
        t2v.convert(stack, tmp_path / "o.webm", axes="TCYX", panels="channels", width=4000)


def test_what_is_said_of_the_format_is_said_of_the_whole(tmp_path):
    options = {"axes": "TCYX", "panels": "channels", "fps": 30, "width": 100}
    video = t2v.convert(channels(), tmp_path / "o.gif", **options)
    assert len([note for note in video.notes if "3/100 or 4/100 s" in note]) == 1
