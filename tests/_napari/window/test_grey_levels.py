"""Percentiles, gamma, inversion and colormaps in the window: what is typed is what is shown."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.frames import noise
from helpers.video import decoded, grey_of

pytest.importorskip("napari")

from helpers.window import click, pick, write_into

import napari_tif2video as t2v

STACK = noise((4, 40, 60), low=100, high=9001)


@pytest.fixture
def opened(open_widget):
    viewer, widget = open_widget(STACK, name="s", contrast_limits=(100, 9001))
    widget.more.expand()
    viewer.dims.set_point(0, 2)
    return viewer, widget


def shown(widget, wait):
    widget.wait_until_idle()
    assert not widget.result.preview.is_provisional
    return widget.result.preview.image


def test_what_is_typed_reaches_the_thumbnail_and_the_video(opened, wait, tmp_path):
    _, widget = opened
    widget.settings = t2v.VideoSettings(width="full", contrast="global")
    write_into(widget["percentile"].low, "5")
    write_into(widget["percentile"].high, "90.5")
    write_into(widget["gamma"], "0.5")
    click(widget["invert"])
    settings = widget.settings
    assert (settings.percentile, settings.gamma, settings.invert) == ((5, 90.5), 0.5, True)
    image = shown(widget, wait)
    np.testing.assert_array_equal(image, t2v.render_frame(STACK, 2, settings=settings))
    low, high = np.percentile(STACK, [5, 90.5])
    exact = 255 - 255 * np.clip((STACK - low) / (high - low), 0, 1) ** 0.5
    assert np.abs(image[..., 0] - exact[2]).max() <= 1
    widget.destination.folder = tmp_path
    click(widget.create_button)
    wait(lambda: not widget.run.is_running and widget.run.videos)
    (video,) = widget.run.videos
    assert (
        video.path.name == "s_60px_10fps_global_norm_percentile_5-90.5_gamma_0.5_inverted_video.mp4"
    )
    assert np.abs(grey_of(decoded(video.path)) - exact).mean() < 4


def test_a_colormap_from_the_list_or_by_name(opened, wait):
    _, widget = opened
    widget.settings = t2v.VideoSettings(width="full", contrast="displayed")
    colormap = widget["colormap"]
    assert widget.settings.colormap is None
    pick(colormap, "magenta")
    image = shown(widget, wait)
    assert not image[..., 1].any()
    np.testing.assert_array_equal(image[..., 0], image[..., 2])
    assert image[..., 0].max() == 255
    write_into(colormap, "viridis_r")
    assert widget.settings.colormap == "viridis_r"
    image = shown(widget, wait)
    # The ends of the published table: yellow 253, 231, 37 and violet 68, 1, 84.
    white, black = (np.unravel_index(f(STACK[2]), STACK[2].shape) for f in (np.argmax, np.argmin))
    assert image[white].tolist() == [68, 1, 84]
    assert image[black].tolist() == [253, 231, 37]
    pick(colormap, "As they are")
    assert widget.settings.colormap is None


WRONG = [
    ("percentile", "99", "expected 0 <= LO < HI <= 100"),
    ("percentile", "x", "expected two percentages"),
    ("gamma", "0,5", "expected a number"),
    ("gamma", "50", "must be between 0.05 and 20"),
    ("colormap", "virdis", "did you mean viridis"),
    ("frames", "10", "expected START:STOP:STEP"),
]


def test_a_wrong_value_marks_its_row_with_the_reason(opened, wait):
    _, widget = opened
    widget.settings = t2v.VideoSettings(contrast="local", percentile=(1, 90))
    widget.wait_until_idle()
    for name, text, reason in WRONG:
        row = widget.row_of(name)
        edit = widget["percentile"].low if name == "percentile" else widget[name]
        write_into(edit, text)
        widget.wait_until_idle()
        assert reason in row.problem.value
        assert "\n" not in row.problem.value
        assert [r for r in widget.rows if r.problem.visible] == [row]
        assert not widget.create_button.enabled
        write_into(edit, "")
        widget.wait_until_idle()
        assert not row.problem.visible
        assert widget.create_button.enabled


def test_what_does_not_fit_the_data_marks_its_row_too(open_widget, wait):
    _, widget = open_widget(noise((3, 40, 60, 3), dtype=np.uint8, high=255), name="rgb", rgb=True)
    widget.more.expand()
    row = widget.row_of("colormap")
    pick(widget["colormap"], "viridis")
    widget.wait_until_idle()
    assert "is in colour already" in row.problem.value
    assert row.problem.visible


def test_percentiles_are_offered_where_limits_are_measured(opened, wait):
    _, widget = opened
    row, contrast = widget.row_of("percentile"), widget["contrast"]
    widget.settings = t2v.VideoSettings(percentile=(1, 99))
    assert widget.settings == t2v.VideoSettings(contrast="local", percentile=(1, 99))
    for rule in ("displayed", "fixed"):
        contrast.value = rule
        assert not row.visible
        assert widget.settings.percentile is None
    for rule in ("global", "local", "smooth"):
        contrast.value = rule
        assert row.visible
        assert widget.settings.percentile == (1, 99)


def test_settings_come_back_as_they_were_given(opened):
    _, widget = opened
    for settings in (
        t2v.VideoSettings(contrast="smooth", percentile=(0.35, 99.995), gamma=1.25, invert=True),
        t2v.VideoSettings(contrast="displayed", colormap="crameri:batlow_r", gamma=1 / 3),
        t2v.VideoSettings(contrast="global", gamma=1, colormap="gray"),
        t2v.VideoSettings(contrast="local"),
    ):
        widget.settings = settings
        assert widget.settings == settings


@pytest.mark.parametrize(("texts", "percentile"), [(("5", ""), (5, 100)), (("", "90"), (0, 90))])
def test_one_percentage_is_enough(opened, texts, percentile):
    _, widget = opened
    widget["contrast"].value = "global"
    row = widget["percentile"]
    for edit, text in zip((row.low, row.high), texts, strict=True):
        write_into(edit, text)
    assert widget.settings.percentile == percentile


def test_a_contrast_that_layers_do_not_have_becomes_the_first_that_they_have(opened):
    _, widget = opened
    for contrast in ("batch", "stored"):
        widget.settings = t2v.VideoSettings(contrast=contrast)
        assert widget.settings.contrast == "displayed"
