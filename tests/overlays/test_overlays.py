"""What is drawn on top is readable, in its corner, inside the picture and never over another."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise
from helpers.ink import lines, longest_run, says
from helpers.video import decoded, grey_of

import napari_tif2video as t2v

CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")
KNOWN = {"pixel_size": 0.5, "frame_interval": "5min"}
EACH = {
    "scale_bar": {"scale_bar": True},
    "timestamp": {"timestamp": True},
    "label": {"label": "Control 3"},
}
GREY = 100


def flat(size=(300, 400), level=GREY, frames=3):
    return np.full((frames, *size), level, np.uint8)


def shown(array, index=1, **options):
    return t2v.render_frame(array, index, **{"limits": (0, 255), "width": "full"} | KNOWN | options)


def changed(array, index=1, **options):
    """Which pixels an option changes."""
    drawn = shown(array, index, **options)
    # Calibration that is given alone draws nothing.
    return (drawn != shown(array, index)).any(axis=2)


# ---- labels

FIELDS = {
    "plain": ("Control 3", "Control 3"),
    "name": ("{name}", "array"),
    "number": ("no {frame}", "no 2"),
    "time": ("after {time}", "after 10:00 min"),
    "channel": ("ch {channel}", "ch 0"),
    "several": ("{name} {frame} {time}", "array 2 10:00 min"),
    "braces": ("{{x}} {frame}", "{x} 2"),
    "other letters": ("µm × ° Δα Ωβ äöüß éÅ Жд ²½", "µm × ° Δα Ωβ äöüß éÅ Жд ²½"),
    "composed letters": ("A\u030angstro\u0308m", "Ångström"),
}


@pytest.mark.parametrize(("label", "text"), FIELDS.values(), ids=FIELDS)
def test_fields_of_a_label(label, text):
    (ink,) = lines(shown(flat(level=0), 2, label=label)[..., 0])
    assert says(ink, text)


def test_names_of_channels_in_a_label(tmp_path):
    meta = {"axes": "CTYX", "Channel": {"Name": ["DAPI", "GFP"]}}
    data = np.zeros((2, 3, 200, 300), np.uint16)
    tifffile.imwrite(tmp_path / "cells.ome.tif", data, ome=True, metadata=meta)
    for channel, text in (("GFP", "cells GFP"), ("all", "cells DAPI + GFP")):
        picture = shown(tmp_path / "cells.ome.tif", label="{name} {channel}", channel=channel)
        (ink,) = lines(picture[..., 0])
        assert says(ink, text)


def test_braces_in_the_name_of_a_source(tmp_path):
    folder = write_folder(tmp_path / "a{frame}b", flat(level=0))
    (ink,) = lines(shown(folder, label="{name}")[..., 0])
    assert says(ink, "a{frame}b")


WRONG = {
    "an unknown field": ("{tiem}", "{name}, {time}, {frame}, {channel}"),
    "no field": ("{}", "fields are"),
    "a number": ("{0}", "fields are"),
    "an attribute": ("{name.x}", "fields are"),
    "a format": ("{frame:03d}", "{frame:03d}"),
    "a conversion": ("{name!r}", "{name!r}"),
    "an open brace": ("a { b", "{{"),
    "a closed brace": ("a } b", "{{"),
    "letters that the font lacks": ("CO₂ 細胞", "'₂' (U+2082), '細' (U+7D30), '胞' (U+80DE)"),
    "two lines": ("a\nb", "single line"),
    "nothing": ("", "text"),
    "blanks": ("  ", "text"),
    "no text": (5, "text"),
}


@pytest.mark.parametrize(("label", "said"), WRONG.values(), ids=WRONG)
def test_labels_that_cannot_be(label, said):
    with pytest.raises(t2v.SettingsError) as caught:
        t2v.VideoSettings(label=label)
    assert said in str(caught.value)
    assert str(caught.value).startswith("label")


def test_a_name_that_the_font_lacks_fails_its_source_only(tmp_path, cli):
    good = write_folder(tmp_path / "good", flat())
    bad = write_folder(tmp_path / "細胞", flat())
    ended = cli(bad, good, "--label", "{name}", "--quiet", "--width", "200")
    assert ended.code == 1
    assert "'細' (U+7D30)" in ended.error_line
    assert len(list(good.glob("*.mp4"))) == 1
    assert not list(bad.glob("*.mp4"))


def test_a_corner_without_a_label_is_refused():
    with pytest.raises(t2v.SettingsError, match="label_corner"):
        t2v.VideoSettings(label_corner="top-left")


# ---- places


@pytest.mark.parametrize("what", EACH)
@pytest.mark.parametrize("corner", CORNERS)
def test_each_in_any_corner(what, corner):
    found = changed(flat(), **EACH[what] | {f"{what}_corner": corner})
    rows, columns = np.nonzero(found)
    assert (rows.max() < 150) if corner.startswith("top") else (rows.min() > 150)
    assert (columns.max() < 200) if corner.endswith("left") else (columns.min() > 200)
    edges = [rows.min(), columns.min(), 299 - rows.max(), 399 - columns.max()]
    assert min(edges) >= 4  # a margin
    assert sorted(edges)[1] < 20


@pytest.mark.parametrize("corners", list(itertools.product(CORNERS, repeat=3)), ids="/".join)
def test_never_over_one_another(corners):
    """Together they are what each of them is alone, only moved."""
    chosen = {f"{what}_corner": corner for what, corner in zip(EACH, corners, strict=True)}
    together = changed(flat(), **chosen, anchor=True, **EACH["label"])
    alone = changed(flat(), anchor=True).sum()
    for what, corner in zip(EACH, corners, strict=True):
        alone += changed(flat(), **EACH[what] | {f"{what}_corner": corner}).sum()
    assert together.sum() == alone
    assert not together[[0, -1]].any()
    assert not together[:, [0, -1]].any()


@pytest.mark.parametrize("size", [(100, 100), (200, 160), (300, 400), (1000, 900), (400, 2000)])
def test_letters_grow_with_the_video(size):
    picture = shown(flat(size, level=0), timestamp=True, frame_interval=1)[..., 0]
    (ink,) = lines(picture)
    # A digit of this font is 5/7 as high as its size.
    assert ink.shape[0] == pytest.approx(max(14, min(size) / 20) * 5 / 7, abs=2)


def test_a_long_label_gets_smaller_until_it_fits():
    array = flat((400, 300), level=0)
    inks = [lines(shown(array, label="x" * n)[..., 0])[0].shape for n in (4, 42)]
    assert inks[0][0] > inks[1][0] >= 5
    assert inks[1][1] < 300 - 2 * 4
    with pytest.raises(t2v.SourceError, match=r"the label does not fit .* 300x400"):
        shown(array, label="x" * 300)


@pytest.mark.parametrize("corner", CORNERS)
def test_a_label_in_a_video_that_is_not_high_enough(corner):
    with pytest.raises(t2v.SourceError, match=r"the label does not fit .* 100x16"):
        shown(flat((16, 100)), label="x", label_corner=corner)


ALL = {"scale_bar_length": 4, "label": "abc", "timestamp": True, "anchor": True}


@pytest.mark.parametrize("size", [(2, 300), (12, 100), (20, 20), (30, 100), (100, 2)])
def test_videos_that_are_too_small_for_everything_say_so(size):
    with pytest.raises(t2v.SourceError, match=rf"{size[1]}x{size[0]}|{size[1]} px wide"):
        shown(flat(size), **ALL)


@pytest.mark.parametrize("size", [(60, 60), (50, 120), (90, 70)])
def test_small_videos_show_everything_in_small_letters(size):
    drawn = shown(flat(size), **ALL)[..., 0]
    assert longest_run(drawn) == 8
    assert (drawn[[0, -1]] == GREY).all()
    assert (drawn[:, [0, -1]] == GREY).all()


# ---- looks


@pytest.mark.parametrize("background", ["black", "white", "grey", "noise", "stripes"])
def test_readable_on_any_background(background):
    """Letters are white, and all around them is dark: a contrast of more than 7 to 1 (WCAG AAA)."""
    size = (300, 400)
    picture = {
        "black": np.zeros(size),
        "white": np.full(size, 255),
        "grey": np.full(size, 128),
        "noise": np.random.default_rng(1).integers(0, 256, size),
        "stripes": np.indices(size).sum(axis=0) // 2 % 2 * 255,
    }[background].astype(np.uint8)[np.newaxis]
    options = {"scale_bar": True, "timestamp": True, "label": "Hg 5 µm"}
    letters = shown(np.zeros((1, *size), np.uint8), 0, **options)[..., 0]
    drawn = shown(picture, 0, **options)[..., 0]
    core, far = letters > 250, letters > 0
    around = np.zeros_like(core)
    for rows, columns in itertools.product((-1, 0, 1), repeat=2):
        around |= np.roll(far, (rows, columns), (0, 1))
    around &= ~far
    assert (drawn[core] > 250).all()

    def luminance(level):
        part = level / 255  # sRGB, as WCAG 2 defines it
        return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4).mean()

    assert (luminance(drawn[core]) + 0.05) / (luminance(drawn[around]) + 0.05) > 7


def test_grey_stays_grey_and_colour_keeps_its_colour(tmp_path, ffmpeg):
    options = {"scale_bar": True, "timestamp": True, "label": "x", "width": 200, **KNOWN}
    for anchor in ({}, {"anchor_colour": "white", "anchor_style": "cross"}):
        t2v.convert(noise((3, 200, 200)), tmp_path / "o.mp4", overwrite=True, **options, **anchor)
        _, blue, red = ffmpeg.planes(tmp_path / "o.mp4", (200, 200))
        assert (blue == 128).all()
        assert (red == 128).all()
    colours = np.zeros((3, 300, 400, 3), np.uint8)
    colours[...] = (10, 200, 90)
    drawn = shown(colours, **options | {"width": "full"})
    text = (drawn != (10, 200, 90)).any(axis=2)
    assert (drawn[drawn.min(axis=2) > 240].max(axis=1) >= 240).all()
    assert 0 < text.mean() < 0.2
    options["width"] = "full"
    mapped = shown(flat(), colormap="viridis", **options)
    plain = shown(flat(), colormap="viridis")
    # All but some faint edges of letters, which round to what is there.
    assert ((mapped != plain).any(axis=2) ^ changed(flat(), **options)).sum() < 20


def test_on_merged_channels(tmp_path):
    data = np.zeros((2, 3, 200, 300), np.uint16)
    data[:, :, 0, 0] = 9
    options = {"channel": "all", "axes": "CTYX", "timestamp": True, "width": "full", **KNOWN}
    (ink,) = lines(t2v.render_frame(data, 2, **options)[1:, :, 2])
    assert says(ink, "10:00 min")


def test_the_frame_of_the_video_is_the_one_that_is_rendered(tmp_path):
    stack = noise((70, 150, 200), high=3000)
    options = {"scale_bar": True, "label": "{frame}: {time}", "anchor_style": "circle", **KNOWN}
    options |= {"frames": "60:3:-1", "width": 300, "quality": "high"}
    t2v.convert(stack, tmp_path / "o.mp4", **options)
    for index, luma in enumerate(decoded(tmp_path / "o.mp4")):
        if index % 9 == 0 or index == 56:
            picture = t2v.render_frame(stack, index, **options).astype(float)
            wanted = picture @ (0.2126, 0.7152, 0.0722)  # ITU-R BT.709
            off = np.abs(grey_of(luma) - wanted)
            assert off.mean() < 8  # noise, which the encoder does not keep
            text = np.abs(picture[:, :, 0] - t2v.render_frame(
                stack, index, **options | {"label": "x", "scale_bar": False}
            )[:, :, 0].astype(float)) > 60  # fmt: skip
            assert off[text].mean() < 14


@pytest.mark.parametrize("workers", [2, 5])
def test_any_number_of_workers(tmp_path, workers):
    options = {"scale_bar": True, "timestamp": True, "label": "{frame} {name}", "width": 160}
    stack = noise((130, 100, 160), high=4000)
    made = []
    for number in (1, workers):
        path = tmp_path / f"{number}.mp4"
        t2v.convert(stack, path, workers=number, **options, **KNOWN)
        made.append(path.read_bytes())
    assert made[0] == made[1]


# ---- the anchor


@pytest.mark.parametrize("style", ["dot", "cross", "circle"])
@pytest.mark.parametrize("extent", [6, 7, 20, 61])
@pytest.mark.parametrize(
    ("colour", "rgb"),
    [("yellow", (255, 255, 0)), ("#00Ffcc", (0, 255, 204)), ("white", (255, 255, 255))],
)
def test_anchors_of_any_looks(style, extent, colour, rgb):
    picture = shown(flat(), anchor_style=style, anchor_size=extent, anchor_colour=colour)
    for turned in (picture[::-1], picture[:, ::-1]):
        np.testing.assert_array_equal(turned, picture)
    found = (picture != GREY).any(axis=2)
    pure = (picture == rgb).all(axis=2)
    for axis in (0, 1):
        across = np.flatnonzero(found.any(axis=axis))
        assert extent <= np.ptp(across) + 1 <= extent + 2
    centre = pure[149:151, 199:201]
    assert centre.all() == (style != "circle")
    assert pure.any()
    share = pure.sum() / extent**2
    if extent > 10:
        low, high = {"dot": (0.6, 0.79), "cross": (0.1, 0.5), "circle": (0.1, 0.6)}[style]
        assert low < share < high
        assert centre.any() == (style != "circle")


def test_the_plain_dot_is_as_ever():
    array = noise((1, 300, 400), dtype=np.uint8, high=255)
    dot = shown(array, 0, anchor=True)
    same = (
        {"anchor_style": "dot"},
        {"anchor_size": 6},  # 2 % of 300
        {"anchor_colour": "red"},
        {"anchor": True, "anchor_colour": "#ff0000"},
    )
    for options in same:  # each of them implies that there is one
        np.testing.assert_array_equal(shown(array, 0, **options), dot)
    assert (dot != shown(array, 0, anchor_style="cross")).any()


ANCHORS = {
    "style": ({"anchor_style": "star"}, "dot, cross, circle"),
    "colour": ({"anchor_colour": "blurple"}, "#00ffcc"),
    "clear": ({"anchor_colour": "#ff000080"}, "anchor_colour"),
    "small": ({"anchor_size": 5}, "at least 6"),
    "half a pixel": ({"anchor_size": 7.5}, "whole number"),
    "word": ({"anchor_size": "big"}, "whole number"),
}


@pytest.mark.parametrize(("options", "said"), ANCHORS.values(), ids=ANCHORS)
def test_anchors_that_cannot_be(options, said):
    with pytest.raises(t2v.SettingsError) as caught:
        t2v.VideoSettings(**options)
    assert said in str(caught.value)


def test_an_anchor_larger_than_the_video():
    assert changed(flat(), anchor_size=300, anchor_style="cross")[[0, -1]].any(axis=1).all()
    with pytest.raises(t2v.SourceError, match=r"anchor_size: 301 px do not fit .* 400x300"):
        shown(flat(), anchor_size=301)


# ---- on the command line

NAMES = {
    "500px_10fps_video.mp4": ["--anchor", "--anchor-style", "dot"],
    "500px_10fps_cross_video.mp4": ["--anchor-style", "cross"],
    "500px_10fps_dot_20px_00ffcc_video.mp4": ["--anchor-size=20", "--anchor-colour=#00ffcc"],
    "500px_10fps_scalebar_0.5um_video.mp4": ["--scale-bar", "--pixel-size", "0.5"],
    "500px_10fps_scalebar_20um_tl_0.5um_video.mp4": (
        ["--scale-bar-length=20", "--scale-bar-corner=top-left", "--pixel-size=0.5"]
    ),
    "500px_10fps_time_every_300s_from_-60s_video.mp4": (
        ["--timestamp", "--frame-interval=5min", "--time-start=-1min"]
    ),
    "500px_10fps_label_br_video.mp4": ["--label", "a/b", "--label-corner", "bottom-right"],
    "400px_10fps_1um_2um_per_px_video.mp4": ["--pixel-size=1", "--um-per-pixel=2"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "options"), NAMES.items())
def test_each_option_leaves_a_token_in_the_name(tmp_path, cli, name, options):
    folder = write_folder(tmp_path / "in", flat((300, 800), frames=2))
    ended = cli(folder, "--dry-run", "--json", *options)
    (source,) = json.loads(ended.out)["sources"]
    assert source["output"] == str(folder / name)


def test_options_reach_the_picture(tmp_path, cli):
    """A video made on the command line shows what the library renders."""
    folder = write_folder(tmp_path / "in", flat())
    argv = """--scale-bar --scale-bar-length 20 --scale-bar-corner top-right --pixel-size 0.5
        --timestamp --timestamp-corner bottom-left --frame-interval 5min --time-start 1h
        --label {frame} --label-corner bottom-right --anchor-style circle --anchor-size 30
        --anchor-colour yellow --limits 0 255 --um-per-pixel 0.5 --quality high"""
    assert cli(folder, "--quiet", "-o", tmp_path / "o.mp4", *argv.split()).code == 0
    options = {
        "scale_bar_length": 20, "scale_bar_corner": "top-right", "timestamp_corner": "bottom-left",
        "time_start": 3600, "label": "{frame}", "label_corner": "bottom-right",
        "anchor_style": "circle", "anchor_size": 30, "anchor_colour": "yellow",
    }  # fmt: skip
    for index, luma in enumerate(decoded(tmp_path / "o.mp4")):
        wanted = shown(flat(), index, **options) @ (0.2126, 0.7152, 0.0722)
        assert np.abs(grey_of(luma) - wanted).mean() < 1.5


def test_the_way_through_json_changes_nothing(tmp_path):
    settings = t2v.VideoSettings(
        anchor_style="cross", anchor_size=20, anchor_colour="#00ffcc", scale_bar_length=20,
        scale_bar_corner="top-left", pixel_size=0.5, um_per_pixel=2, timestamp_corner="top-right",
        frame_interval="5min", time_start="-1 h", label="{name} µm", label_corner="bottom-left",
    )  # fmt: skip
    assert settings.anchor
    assert settings.scale_bar
    assert settings.timestamp
    again = t2v.VideoSettings.from_dict(json.loads(json.dumps(settings.to_dict())))
    assert again == settings
    settings.save(tmp_path / "s.json")
    assert t2v.VideoSettings.load(tmp_path / "s.json") == settings
    assert (settings.frame_interval, settings.time_start) == (300, -3600)


@pytest.mark.parametrize("style", ["cross", "circle"])
def test_lines_that_mark_the_centre_grow_with_the_picture(style):
    """6 % of the shorter side, and never less than can be seen."""
    extents = []
    for side in (100, 500, 1000):
        found = (shown(flat((side, side + 40)), anchor_style=style) != GREY).any(axis=2)
        extents.append(np.ptp(np.flatnonzero(found.any(axis=0))) + 1)
    assert extents == [pytest.approx(wanted, abs=2) for wanted in (12, 30, 60)]


def test_texts_at_the_right_end_at_the_same_place_and_others_begin_there():
    """A number gets a second digit."""
    array = flat(level=0, frames=12)
    for corner, end in (("top-right", -1), ("bottom-right", -1), ("top-left", 0)):
        options = {"label": "{frame}", "label_corner": corner}
        places = [
            np.flatnonzero(changed(array, index, **options).any(axis=0))[end] for index in (8, 10)
        ]
        assert abs(places[0] - places[1]) <= 3, corner
        lengths = [
            np.ptp(np.flatnonzero(changed(array, index, **options).any(axis=0)))
            for index in (8, 10)
        ]
        assert lengths[1] > lengths[0] + 4  # else there would be nothing to tell


def test_the_length_stands_over_the_middle_of_its_bar():
    drawn = changed(flat(level=0), scale_bar=True)
    rows = np.flatnonzero(drawn.any(axis=1))
    text, bar = drawn[rows[0]], drawn[rows[-1]]
    text = drawn[rows[0] : rows[0] + len(rows) // 2].any(axis=0)
    middles = [np.flatnonzero(part)[[0, -1]].mean() for part in (text, bar)]
    assert abs(middles[0] - middles[1]) <= 2


def takes(width, **options):
    frame = np.zeros((60, width), np.uint8)
    try:
        return bool(t2v.render_frame(frame, 0, width="full", limits=(0, 255), **options).any())
    except t2v.SourceError:
        return False


def test_the_corners_take_texts_of_the_same_length():
    """To the pixel: whatever just fits on the left does so on the right."""
    for label in ("a label of some length", "another, i", "another, ii"):
        left, right = (
            [takes(w, label=label, label_corner=f"top-{side}") for w in range(40, 170, 2)]
            for side in ("left", "right")
        )
        assert left == right
        assert left == sorted(left)
        assert len(set(left)) == 2


def test_letters_shrink_as_far_as_it_takes_and_not_below_ten_pixels():
    """Whatever size they begin with: they end with the same."""
    smallest = []
    for high in (280, 300, 400):
        heights = []
        for width in range(560, 240, -4):
            try:
                shown = t2v.render_frame(
                    np.zeros((high, width), np.uint8), 0, width="full", limits=(0, 255),
                    label="HHHHHHHHHHHHHHHHHHHH", label_corner="top-left", timestamp=True,
                    timestamp_corner="top-right", frame_interval="1s",
                )  # fmt: skip
            except t2v.SourceError:
                break
            heights.append(np.flatnonzero((shown > 127).any(axis=(1, 2))).size)
        assert heights == sorted(heights, reverse=True)
        assert len(set(heights)) == max(heights) - min(heights) + 1
        smallest.append(heights[-1])
    assert len(set(smallest)) == 1
