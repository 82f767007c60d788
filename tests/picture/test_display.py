"""Gamma, inverted grey and colormaps: what the picture shows, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise, smooth
from helpers.oracle import assert_rounded, levels
from helpers.video import decoded, grey_of

import napari_tif2video as t2v

FRAME = smooth((60, 160), low=200, high=4000)


def shown(**options):
    return t2v.render_frame(FRAME, 0, width="full", **options)


@pytest.mark.parametrize("gamma", [0.4, 1, 2.2])
def test_gamma_is_the_exponent_of_the_level(gamma):
    exact = 255 * (levels(FRAME, 200, 4000) / 255) ** gamma
    assert_rounded(shown(gamma=gamma)[..., 0], exact)


def test_inverted_is_the_complement():
    np.testing.assert_array_equal(shown(invert=True), 255 - shown())
    np.testing.assert_array_equal(shown(invert=True, gamma=0.5), 255 - shown(gamma=0.5))


# Levels 0, 127 and 255 of the published tables.
TABLES = {
    "viridis": [(68, 1, 84), (33, 144, 141), (253, 231, 37)],
    "magma": [(0, 0, 4), (182, 54, 121), (252, 253, 191)],
    "green": [(0, 0, 0), (0, 127, 0), (0, 255, 0)],
    "magenta": [(0, 0, 0), (127, 0, 127), (255, 0, 255)],
    "gray": [(0, 0, 0), (127, 127, 127), (255, 255, 255)],
    "gray_r": [(255, 255, 255), (128, 128, 128), (0, 0, 0)],
    "batlow": [(1, 25, 89), (130, 130, 49), (250, 204, 250)],
}


@pytest.mark.parametrize(("name", "colours"), TABLES.items())
def test_a_colormap_gives_each_level_its_colour(name, colours):
    grey, coloured = shown()[..., 0], shown(colormap=name)
    for level, colour in zip((0, 127, 255), colours, strict=True):
        found = np.unique(coloured[grey == level], axis=0)
        assert len(found) == 1
        assert np.abs(found[0].astype(int) - colour).max() <= 1


def test_inverting_comes_before_the_colours():
    np.testing.assert_array_equal(
        shown(colormap="viridis", invert=True), shown(colormap="viridis_r")
    )


def test_the_video_shows_what_the_frame_shows(tmp_path, ffmpeg):
    stack = np.stack([FRAME, FRAME[::-1]])
    options = {"colormap": "magenta", "gamma": 0.7, "invert": True, "width": "full"}
    video = t2v.convert(stack, tmp_path / "o.mp4", quality="high", **options)
    pictures = ffmpeg.pictures(video.path, (60, 160)).astype(int)
    for index, picture in enumerate(pictures):
        expected = t2v.render_frame(stack, index, **options)
        assert np.abs(picture - expected).mean() < 3


def test_options_of_the_command_line_and_their_names(tmp_path, cli):
    folder = write_folder(tmp_path / "in", [FRAME, FRAME])
    options = ["--gamma", "0.5", "--invert", "--colormap", "I Blue", "--width", "full"]
    assert cli(folder, "--quiet", *options).code == 0
    name = "160px_10fps_gamma_0.5_inverted_colormap_I-Blue_video.mp4"
    assert [p.name for p in folder.glob("*.mp4")] == [name]
    settings = t2v.VideoSettings(gamma="0.5", invert=True, colormap="I Blue")
    assert t2v.VideoSettings.from_json(settings.to_json()) == settings


def test_an_inverted_video_of_the_command_line(tmp_path, cli):
    folder = write_folder(tmp_path / "in", [FRAME, FRAME])
    assert cli(folder, "--quiet", "--invert", "--width", "full").code == 0
    (path,) = folder.glob("*_inverted_video.mp4")
    assert np.abs(grey_of(decoded(path))[0] - (255 - shown()[..., 0])).mean() < 2


@pytest.mark.parametrize(
    ("name", "advice"), [("viridus", "viridis"), ("magneta", "magenta"), ("xyzzy", "viridis")]
)
def test_an_unknown_colormap_is_one_line_with_names_like_it(tmp_path, cli, name, advice):
    ended = cli(tmp_path, "--colormap", name)
    assert ended.code == 2
    assert name in ended.error_line
    assert advice in ended.error_line


@pytest.mark.parametrize("gamma", ["0", "-1", "nan", "much"])
def test_a_gamma_that_makes_no_sense_is_refused(tmp_path, cli, gamma):
    assert "gamma" in cli(tmp_path, f"--gamma={gamma}").error_line


def test_colour_images_take_gamma_and_invert_but_no_colormap(tmp_path, cli):
    frame = noise((40, 120, 3), dtype=np.uint8, high=255)
    plain = t2v.render_frame(frame, 0, width="full")
    np.testing.assert_array_equal(
        t2v.render_frame(frame, 0, width="full", invert=True), 255 - plain
    )
    ended = cli(write_folder(tmp_path / "in", [frame]), "--colormap", "viridis", "--quiet")
    assert ended.code == 1
    assert "in colour already" in ended.error_line
