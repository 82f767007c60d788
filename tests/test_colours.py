"""Colours by name, and channels on top of each other, in float64 by hand."""

from __future__ import annotations

import numpy as np
import pytest

import napari_tif2video as t2v
from napari_tif2video.colours import (
    GREY_TABLE,
    WHITE,
    ChannelInfo,
    Display,
    compose,
    default_colours,
    full_name,
    in_colour,
    in_planes,
    in_triples,
    ramp,
    rgb_of,
    shown_colours,
)

LOW, HIGH = np.random.default_rng(0).integers(0, 256, (2, 5, 7), np.uint8)
BELOW = np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8)


def in_float(level, display):
    """The colour of each pixel, (H, W, 3)."""
    level = 255 - level.astype(int) if display.invert else level.astype(int)
    if level.ndim == 3 or display.colours is None:
        return (level if level.ndim == 3 else level[..., None] * np.ones(3)).astype(float)
    return np.array(list(display.colours)).reshape(256, 3)[level].astype(float)


def by_hand(levels, displays, below=None):
    picture = np.zeros((*levels[0].shape[:2], 3)) if below is None else below.astype(float)
    for number, (level, display) in enumerate(zip(levels, displays, strict=True)):
        colour = in_float(level, display)
        blending = display.blending if number or below is not None else "translucent"
        if blending == "additive":
            picture = np.clip(picture + colour * display.opacity, 0, 255)
        elif blending == "minimum":
            picture = np.where(picture < colour, picture, colour)
        elif blending == "multiplicative":
            picture = picture * (colour / 255)
        elif blending == "opaque":
            picture = colour
        else:
            picture = picture * (1 - display.opacity) + colour * display.opacity
    return picture


GREEN, RED = ramp((0, 255, 0)), ramp((250, 20, 0))


@pytest.mark.parametrize(
    "blending", ["additive", "translucent", "opaque", "minimum", "multiplicative"]
)
@pytest.mark.parametrize("below", [None, BELOW], ids=["on black", "on a picture"])
def test_channels_go_on_top_of_each_other(blending, below):
    for first in (
        Display(blending=blending, colours=GREEN, opacity=0.75),
        Display(blending=blending, invert=True),
    ):
        for second in (
            Display(blending=blending, colours=RED, opacity=0.5),
            Display(blending=blending, invert=True, colours=GREEN),
            Display(blending=blending, opacity=0.25),
        ):
            found = compose([LOW, HIGH], [first, second], below)
            assert (found.dtype, found.shape) == (np.uint8, (5, 7, 3))
            exact = by_hand([LOW, HIGH], [first, second], below)
            assert np.abs(found - exact).max() < 0.5 + 1e-3
        found = compose([LOW], [first], below)
        exact = by_hand([LOW], [first], below)
        assert (
            np.abs(np.squeeze(found if found.ndim == 3 else in_colour(found)) - exact).max() < 0.51
        )
    assert BELOW.sum() == np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8).sum()


def test_one_channel_alone():
    assert compose([LOW], [Display()]) is LOW
    np.testing.assert_array_equal(compose([LOW], [Display(invert=True)]), 255 - LOW)
    coloured = compose([LOW], [Display(colours=GREEN)])
    np.testing.assert_array_equal(coloured, np.stack([0 * LOW, LOW, 0 * LOW], -1))
    np.testing.assert_array_equal(compose([BELOW], [Display(colours=GREEN)]), BELOW)
    faint = compose([LOW], [Display(opacity=0.5)])
    np.testing.assert_array_equal(faint, in_triples(np.rint(LOW / 2).astype(np.uint8)))
    assert [
        Display(**options).is_plain
        for options in ({}, {"colours": GREEN}, {"opacity": 0.5}, {"gamma": 2.0, "invert": True})
    ] == [True, False, False, True]
    assert (Display(), ChannelInfo()) == (
        Display(None, 1.0, None, 1.0, "translucent", False, False),
        ChannelInfo("", None, None),
    )


def test_what_a_channel_shows_from_black_to_white():
    levels = np.arange(256)
    grey = np.repeat(levels[:, None], 3, axis=1)
    assert shown_colours(Display()) == GREY_TABLE == grey.astype(np.uint8).tobytes()
    assert shown_colours(Display(invert=True)) == grey[::-1].astype(np.uint8).tobytes()
    bent = np.rint(255 * (levels / 255) ** 0.5).astype(np.uint8)
    green = np.stack([0 * bent, bent, 0 * bent], -1)
    assert shown_colours(Display(gamma=0.5, colours=GREEN)) == green.tobytes()
    table = [c for n in range(256) for c in (round(250 * n / 255), round(20 * n / 255), 0)]
    assert list(RED) == table
    assert WHITE == (255, 255, 255)


def test_pictures_in_memory():
    for picture in (LOW, BELOW):
        same = in_colour(picture)
        for made in (in_planes(picture), in_triples(picture)):
            np.testing.assert_array_equal(made, same)
            assert not np.shares_memory(made, picture)
    assert in_planes(BELOW).strides == (7, 1, 35)
    assert in_triples(BELOW).strides == (21, 3, 1)
    assert in_colour(BELOW) is BELOW


def test_default_colours_of_merged_channels():
    names = ["cyan", "magenta", "yellow", "red", "green", "blue"]
    tips = [(0, 255, 255), (255, 0, 255), (255, 255, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255)]
    for count in (1, 3, 6, 8):
        found = default_colours(count)
        assert [name for name, _ in found] == (names * 2)[:count]
        assert [tuple(table[-3:]) for _, table in found] == (tips * 2)[:count]
    assert [name for name, _ in default_colours(2)] == ["magenta", "green"]


def test_colours_by_name():
    assert rgb_of("anchor_colour", "yellow") == (255, 255, 0)
    assert rgb_of("anchor_colour", "#00ffcc") == (0, 255, 204)
    for text in ("#00ffcc80", "#00ffcc00", "no colour", ""):
        with pytest.raises(t2v.SettingsError) as caught:
            rgb_of("anchor_colour", text)
        assert str(caught.value) == (
            f"anchor_colour: expected a colour such as yellow, white or #00ffcc, got {text!r}"
        )


def test_colormaps_by_name():
    assert full_name(" Viridis ") == "bids:viridis"
    assert full_name("viridis_R") == full_name("viridis_r") == "bids:viridis_r"
    for name in ("xyzzyx", ""):
        with pytest.raises(t2v.SettingsError) as caught:
            full_name(name)
        assert str(caught.value) == (
            f"colormap: there is no {name!r}; try viridis, magma, gray or green"
        )
    for name in ("virids", "VIRIDS"):
        with pytest.raises(t2v.SettingsError) as caught:
            full_name(name)
        said = str(caught.value)
        assert said.startswith(f"colormap: there is no {name!r}; did you mean viridis or ")
        assert said.endswith("?")
        assert said.count(" or ") == 3
        assert ":" not in said.removeprefix("colormap:")
