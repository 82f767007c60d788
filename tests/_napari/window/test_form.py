"""The settings as a form, without a viewer: what it says, what it offers and what it hides."""

from __future__ import annotations

import pytest

pytest.importorskip("napari")

from helpers.window import as_read, entries, native, pick
from magicgui.widgets import Label
from qtpy.QtWidgets import QFileDialog

import napari_tif2video as t2v
from napari_tif2video._napari.form import OF_DATA
from napari_tif2video._napari.source import SourceAxes
from napari_tif2video.data import Calibration
from napari_tif2video.overlays import Scale
from napari_tif2video.settings import SETTINGS

STACK = SourceAxes((("T", 5), ("C", 2), ("Z", 3)), ("DAPI", "GFP"))


def is_open(widget):
    return not native(widget).isHidden()


def shown_parts(form):
    """What is shown in the rows of the source that are open, by their names."""
    names = ("axes", "position", "channel", "z", "play")
    shown = {name: as_read(form[name].native) for name in names if is_open(form.row_of(name))}
    return {name: text.strip("<>") for name, text in shown.items()}


def values(form):
    """What the form says of the part of the data that is shown."""
    names = ("axes", "position", "channel", "z", "play")
    return {name: form[name].value for name in names if form[name].value is not None}


def test_what_is_played_unless_somebody_chooses(form):
    for sizes, shown, meant in (
        ("T5 C2 Z3", "Time (5)", {"channel": "all"}),
        ("C2 Z3 T5", "Time (5)", {"channel": "all"}),
        ("C2 Z3", "Slices (3)", {"channel": "all"}),
        ("C2 Z3 P4", "Slices (3)", {"channel": "all", "play": "Z"}),
        ("P4 Z3", "Positions (4)", {"play": "P"}),
        ("T5 Z3", "Time (5)", {}),
        ("T5 C2", "Time (5)", {"channel": "all"}),
        ("C2", None, {}),
        ("Z3", None, {}),
        ("", None, {}),
        ("T5 C1 Z1", "Time (5)", {"channel": "all"}),
    ):
        axes = tuple((text[0], int(text[1:])) for text in sizes.split())
        form.offer_axes([SourceAxes(axes)])
        assert (shown_parts(form).get("play"), values(form)) == (shown, meant), sizes
        assert not is_open(form.kept_row)
    assert shown_parts(form) == {
        "channel": "All, merged", "z": "Maximum of all 1", "play": "Time (5)",
    }  # fmt: skip


def test_an_axis_is_said_as_soon_as_one_source_needs_it(form):
    slices, more = SourceAxes((("Z", 3),)), SourceAxes((("Z", 2), ("P", 4)))
    for sources, meant in (([slices], {}), ([slices, more], {"play": "Z"})):
        form.offer_axes(sources)
        assert values(form) == meant


def test_parts_of_several_sources(form):
    other = SourceAxes((("C", 3), ("Z", 4)), ("GFP", "", "Cy5"), positions=("a", "b", "7"))
    form.offer_axes([SourceAxes(positions=("A1",)), STACK, other])
    assert entries(form["position"]) == ["Each its own video", "A1", "a", "b", "Position 2"]
    assert entries(form["channel"]) == [
        "All, merged", "Each its own video", "DAPI", "GFP", "Channel 1", "Cy5",
    ]  # fmt: skip
    assert entries(form["z"]) == [
        "Maximum of all 4", "Mean of all 4", "Sum of all 4", "Median of all 4",
        "Slice 0", "Slice 1", "Slice 2", "Slice 3",
    ]  # fmt: skip
    assert entries(form["play"]) == ["Time (5)", "Channels (3)", "Slices (4)"]
    assert shown_parts(form) == {
        "position": "Each its own video", "channel": "All, merged", "z": "Maximum of all 4",
        "play": "Time (5)",
    }  # fmt: skip
    assert values(form) == {"position": "each", "channel": "all"}


def test_what_is_played_is_not_chosen_from(form):
    form.offer_axes([STACK])
    for words, letter, left in (
        ("Channels (2)", "C", {"z"}),
        ("Slices (3)", "Z", {"channel"}),
        ("Time (5)", None, {"channel", "z"}),
    ):
        pick(form["play"], words)
        assert shown_parts(form).keys() == {"play"} | left
        assert form["play"].value == letter


def test_what_was_chosen_here_comes_back_with_data_that_have_it(form):
    form.offer_axes([STACK])
    pick(form["channel"], "GFP")
    pick(form["z"], "Slice 2")
    assert values(form) == {"channel": "GFP", "z": 2}
    other = SourceAxes((("T", 5), ("C", 2), ("Z", 2)), ("0", "1"))
    form.offer_axes([other])
    assert values(form) == {"channel": "all"}
    assert shown_parts(form)["z"] == "Maximum of all 2"
    pick(form["channel"], "Channel 1")
    form.offer_axes([SourceAxes()])  # nothing is said of it while there is no choice
    assert (values(form), shown_parts(form), is_open(form.kept_row)) == ({}, {}, False)
    # A number counts in data that name their channels as well, as long as there are so many.
    form.offer_axes([STACK])
    assert values(form) == {"channel": 1, "z": 2}
    assert shown_parts(form)["channel"] == "Channel 1"
    form.offer_axes([SourceAxes((("T", 5), ("C", 1)), ("DAPI",))])
    assert values(form) == {"channel": "all"}
    form.offer_axes([STACK])
    pick(form["channel"], "All, merged")  # the default, as if nobody had chosen
    pick(form["z"], "Mean of all 3")
    assert values(form) == {"channel": "all", "z": "mean"}
    pick(form["z"], "Maximum of all 3")
    assert values(form) == {"channel": "all"}


def test_what_came_from_settings_stays_though_it_does_not_fit(form):
    form.offer_axes([STACK])
    asked = {"position": 4, "channel": 7, "z": 9, "play": "P", "axes": "TZYX"}
    form.settings = t2v.VideoSettings(**asked)
    assert values(form) == asked
    assert shown_parts(form) == {
        "axes": "TZYX", "channel": "Channel 7", "z": "Slice 9", "play": "P",
    }  # fmt: skip
    assert (is_open(form.kept_row), form.kept.value) == (True, "Also: position 4")
    form.offer_axes([SourceAxes(positions=("a", "b"))])
    assert shown_parts(form) == {"axes": "TZYX", "position": "Position 4"}
    assert form.kept.value == "Also: channel 7, z 9, play P"
    form.offer_axes([])
    assert (values(form), shown_parts(form)) == (asked, {})
    assert form.kept.value == "Also: position 4, channel 7, z 9, play P, axes TZYX"
    form.offer_axes([STACK])
    heard = []
    form.changed.connect(heard.append)
    native(form.forget).click()
    del asked["position"]
    assert (values(form), is_open(form.kept_row), len(heard)) == (asked, False, 1)
    form.offer_axes([])
    native(form.forget).click()
    assert (values(form), is_open(form.kept_row)) == ({}, False)
    form.offer_axes([STACK])
    assert values(form) == {"channel": "all"}


def test_defaults_that_are_asked_for_are_said(form):
    form.offer_axes([STACK])
    for asked in ({"z": "max", "play": "T"}, {}):
        form.settings = t2v.VideoSettings(**asked)
        assert values(form) == {"channel": "all"} | asked
    for name, value in (("z", "max"), ("play", "T")):  # here, what is there is left as it is
        form[name].value = value
        assert form[name].value is None


def test_layers_have_slices_on_a_slider(form):
    assert (values(form), shown_parts(form), is_open(form.kept_row)) == ({}, {}, False)
    form.offer_axes([], 4)
    assert shown_parts(form) == {"z": "Where the slider stands"}
    assert entries(form["z"]) == [
        "Where the slider stands", "Maximum of all 4", "Mean of all 4", "Sum of all 4",
        "Median of all 4",
    ]  # fmt: skip
    assert values(form) == {}
    pick(form["z"], "Sum of all 4")
    assert values(form) == {"z": "sum"}
    pick(form["z"], "Where the slider stands")
    assert values(form) == {}
    form["z"].value = 3
    assert (values(form), shown_parts(form)) == ({"z": 3}, {"z": "Slice 3"})
    form.offer_axes([])
    assert shown_parts(form) == {}


def test_names_of_axes_are_asked_for_where_nobody_says_them(form):
    unknown = SourceAxes(are_unknown=True)
    for sources, written, is_asked in (
        ([SourceAxes()], None, False),
        ([SourceAxes(), unknown], None, True),
        ([unknown], "TZYX", True),
        ([SourceAxes()], "TZYX", True),
        ([], "TZYX", False),
    ):
        form.offer_axes(sources)
        form["axes"].value = written
        assert is_open(form.row_of("axes")) == is_asked
        assert form.kept.value == ("Also: axes TZYX" if written and not is_asked else "Also: ")
    form["axes"].value = "TZYX"
    form.offer_axes([unknown])
    form.parts.forget_hidden()
    assert form["axes"].value == "TZYX"


def test_a_format_has_its_qualities_and_rates(form):
    for codec, qualities, rates in (
        (None, "Draft Standard High", "25 19 15"),
        ("h265", "Draft Standard High", "23 17 13"),
        ("vp9", "Draft Standard High", "29 15 9"),
        ("prores", "Draft Standard High", None),
        ("ffv1", "Standard Lossless", None),
        ("gif", "Standard", None),
    ):
        form["codec"].value = codec
        assert entries(form["quality"]) == qualities.split()
        for n, quality in enumerate(qualities.split()):
            pick(form["quality"], quality)
            hint = rates.split()[n] if rates else ""
            assert form["crf"].native.placeholderText() == hint, (codec, quality)


def test_a_quality_that_a_format_has_not_is_given_up(form):
    pick(form["quality"], "High")
    pick(form["codec"], "VP9 (.webm)")
    assert form["quality"].value == "high"
    pick(form["codec"], "FFV1 (.mkv)")
    assert form["quality"].value == "standard"
    pick(form["quality"], "Lossless")
    pick(form["codec"], "H.264 (.mp4)")
    assert form["quality"].value == "standard"
    pick(form["quality"], "Draft")
    native(form["raw"]).click()
    assert (form["quality"].value, form["raw"].text) == ("standard", "Raw counts, in FFV1")
    assert entries(form["quality"]) == ["Standard", "Lossless"]
    assert not is_open(form["codec"])
    assert not form.auto.enabled
    native(form["raw"]).click()
    assert (is_open(form["codec"]), form.auto.enabled) == (True, True)
    assert form["raw"].text == "Raw counts"
    # One that came from settings is not chosen here: it stays, and the settings refuse it.
    form.settings = t2v.VideoSettings(quality="lossless")
    assert (form["quality"].value, as_read(form["quality"].native)) == ("lossless", "<lossless>")


def test_contrasts_are_offered_and_kept(form):
    contrast = form["contrast"]
    assert entries(form["contrast"]) == [
        "As shown in napari", "Whole movie, automatic", "Whole movie, one scale",
        "All movies, one scale", "Each frame by itself", "Each frame, without flicker",
        "As stored in the file", "Fixed…",
    ]  # fmt: skip
    assert contrast.value == "displayed"
    form.offer_contrasts(["global", "local", "fixed"])
    assert (contrast.value, entries(form["contrast"])) == (
        "global", ["Whole movie, one scale", "Each frame by itself", "Fixed…"],
    )  # fmt: skip
    # Without a rule: the default of data; with percentiles, too.
    for options, rule in (
        ({}, "local"),
        ({"percentile": (1, 99)}, "local"),
        ({"contrast": "stored"}, "global"),
        ({"contrast": "local"}, "local"),
        ({"limits": (1, 2)}, "fixed"),
    ):
        form.settings = t2v.VideoSettings(**options)
        assert contrast.value == rule, options
    form.offer_contrasts(["local", "displayed", "fixed"])
    assert contrast.value == "fixed"
    for options, rule in (({}, "displayed"), ({"percentile": (1, 99)}, "local")):
        form.settings = t2v.VideoSettings(**options)
        assert contrast.value == rule, options
    form.set_limits(3, 4.5)
    assert form.settings == t2v.VideoSettings(limits=(3, 4.5))
    assert (is_open(form["limits"]), is_open(form.row_of("percentile"))) == (True, False)
    contrast.value = "local"
    assert (is_open(form["limits"]), is_open(form.row_of("percentile"))) == (False, True)
    form.offer_contrasts(["displayed", "local"])
    assert contrast.value == "local"
    form.offer_contrasts(["displayed"])
    assert (contrast.value, is_open(form.row_of("percentile"))) == ("displayed", False)


def test_some_settings_are_taken_and_the_others_left(form):
    form.settings = t2v.VideoSettings(fps=12, width=300, anchor=True)
    heard = []
    form.changed.connect(heard.append)
    form.take(t2v.VideoSettings(fps=25, width=640, label="x"), {"fps", "label", "anchor"})
    assert form.settings == t2v.VideoSettings(
        fps=25, width=300, label="x", anchor=False, contrast="displayed"
    )
    assert len(heard) == 1
    assert heard[0] is form
    assert {
        "axes", "position", "channel", "z", "play", "frames", "on_error", "crop", "pixel_size",
        "frame_interval", "time_start", "event", "arrow",
    } == OF_DATA  # fmt: skip


def test_what_the_data_say_stands_in_empty_lines(form):
    def hints():
        names = ("pixel_size", "frame_interval", "um_per_pixel")
        return [form[name].native.placeholderText() for name in names]

    for known, scale, said in (
        (None, None, ["not known", "not known; 5min, 30s", ""]),
        (
            Calibration(0.65, "from OME metadata", 2.5, "as the files say"), Scale(0.123456),
            ["0.65 (from OME metadata)", "2.5 s (as the files say)", "by the width: 0.1235"],
        ),
        (
            Calibration(1.23456789, "a", None, "b"), None,
            ["1.23457 (a)", "not known; 5min, 30s", ""],
        ),
        (
            Calibration(None, "a", 123.456789, "b"), Scale(1234.56),
            ["not known", "123.457 s (b)", "by the width: 1235"],
        ),
    ):  # fmt: skip
        form.describe(known, scale)
        assert hints() == said


def test_each_row_says_what_is_wrong_with_it(form):
    def problems():
        return {row.names[0]: row.problem.value for row in form.rows if is_open(row.problem)}

    for message, row, said in (
        ("fps: too fast", "fps", "Speed: too fast"),
        ("limits: are wrong", "contrast", "Contrast: are wrong"),
        ("contrast: is wrong", "contrast", "Contrast: is wrong"),
        ("follow_id: is wrong", "follow", "Follow: is wrong"),
        ("pos1: tracks: is damaged", "tracks", "pos1: tracks: is damaged"),
        ("a: no slice 9", "z", "a: no slice 9"),
        ("z: cannot play", "z", "Slices: cannot play"),  # its name goes before its words
        ("another width", "width", "another width"),
        ("a merge cannot be inverted", "gamma", "a merge cannot be inverted"),
        ("its colormap is known", "colormap", "its colormap is known"),
        ("the anchor is too large", "anchor", "the anchor is too large"),
        ("the scale bar is too long", "scale_bar", "the scale bar is too long"),
        ("the timestamp has no room", "timestamp", "the timestamp has no room"),
        ("the label has no room", "label", "the label has no room"),
        ("the colour bar has no room", "colour_bar", "the colour bar has no room"),
        ("the legend has no room", "legend", "the legend has no room"),
        ("the event has no room", "event", "the event has no room"),
        ("4 panels have no room", "panels", "4 panels have no room"),
        ("axes of unknown meaning", "axes", "axes of unknown meaning"),
        ("Q cannot be named", "axes", "Q cannot be named"),
        ("a: no channel 9", "channel", "a: no channel 9"),
        ("several channels: choose", "channel", "several channels: choose"),
        ("a: no position 9", "position", "a: no position 9"),
        ("several positions: choose", "position", "several positions: choose"),
        ("nothing to play", "play", "nothing to play"),
        ("cannot play P", "play", "cannot play P"),
        ("the data are damaged", None, None),
        ("", None, None),
    ):
        form.show_problem(message)
        if row is None:
            assert problems() == {}
        else:
            assert problems() == {row: message if said is None else said}
            assert form.row_of(row).names[0] == row
    # Of two rows that a message may be about, the first one.
    form.show_problem("no position and no slice")
    assert problems() == {"z": "no position and no slice"}


def test_who_ticks_a_box_goes_on_with_the_number_that_it_needs(form):
    need = "the size of a pixel is not known; give it with --pixel-size"

    def focused():
        names = ("pixel_size", "frame_interval")
        window = form.more_rows.native
        return [name for name in names if window.focusWidget() is form[name].native]

    native(form["scale_bar"]).setFocus()
    form.show_problem(need)  # nobody asked for it here
    assert focused() == []
    native(form["scale_bar"]).click()
    form.show_problem("something else")
    assert focused() == []
    form.show_problem(need)  # too late
    assert focused() == []
    for name, needed in (("scale_bar", "pixel_size"), ("timestamp", "frame_interval")):
        native(form[name]).click()
        form.show_problem(f"needs a number; give it with --{needed.replace('_', '-')}")
        assert focused() == [needed]


# What is of no use at first, and what some settings add to that or take away from it.
AT_FIRST = {
    "anchor_style", "anchor_size", "anchor_colour", "scale_bar_length", "scale_bar_corner",
    "timestamp_corner", "time_start", "label_corner", "colour_bar_corner", "legend_corner",
    "event_corner", "limits", "panel_marks", "percentile",
}  # fmt: skip
RAW = {
    "raw", "fps", "crop", "frames", "on_error", "channel", "z", "play", "axes", "position",
    "pixel_size", "frame_interval", "quality", "codec",
}  # fmt: skip


# What is written there all the same.
WRITTEN = {
    "anchor_style": "cross", "anchor_size": 61, "anchor_colour": "lime", "scale_bar_length": 12.5,
    "scale_bar_corner": "top-left", "timestamp_corner": "top-right", "time_start": 7.0,
    "label_corner": "top-left", "colour_bar_corner": "top-left", "legend_corner": "top-left",
    "event_corner": "top-left", "limits": (1, 2), "panel_marks": "once", "percentile": (1, 99),
}  # fmt: skip


def test_what_has_no_effect_cannot_be_set_and_does_not_count(form):
    defaults = t2v.VideoSettings()
    for written, added, freed in (
        ({}, "", ""),
        ({"contrast": "local"}, "", "percentile"),
        ({"contrast": "auto"}, "", ""),
        ({"contrast": "fixed"}, "", "limits"),
        ({"anchor": True}, "", "anchor_style anchor_size anchor_colour"),
        ({"scale_bar": True}, "", "scale_bar_length scale_bar_corner"),
        ({"timestamp": True}, "", "timestamp_corner time_start"),
        ({"label": "x"}, "", "label_corner"),
        ({"label": "{time}"}, "", "label_corner time_start"),
        ({"event": ("0=a",)}, "", "event_corner time_start"),
        ({"colour_bar": True}, "", "colour_bar_corner"),
        ({"legend": True}, "", "legend_corner"),
        ({"panels": "both"}, "", "panel_marks"),
        ({"um_per_pixel": 0.5, "width": 640}, "width", ""),
        ({"crf": 20, "quality": "high"}, "quality", ""),
        ({"codec": "gif", "crf": 20}, "crf max_size", ""),
        ({"codec": "gif", "max_size": 10**6}, "crf max_size", ""),
        ({"codec": "vp9", "max_size": 10**6}, "", ""),
        ({"raw": True}, " ".join(SETTINGS.keys() - RAW | {"codec"}), ""),
        ({"raw": True, "codec": "ffv1"}, " ".join(SETTINGS.keys() - RAW), ""),
        ({"raw": True, "codec": "vp9"}, " ".join(SETTINGS.keys() - RAW | {"codec"}), ""),
    ):
        form.settings = defaults
        for name, value in (WRITTEN | written).items():
            form[name].value = value
        off = {name for name, field in form.fields.items() if not field.enabled}
        assert off == (AT_FIRST | {*added.split()}) - {*freed.split()}, written
        asked = WRITTEN | {"contrast": "displayed"} | written
        asked = {name: value for name, value in asked.items() if name not in off}
        if asked.get("contrast") == "fixed":
            del asked["contrast"]
        assert form.settings == t2v.VideoSettings(**asked), written


CSV = "CSV (*.csv *.txt *.tsv)"


def test_files_are_picked_by_their_kind(form, monkeypatch):
    asked, heard = [], []
    answer = lambda *asking: (asked.append(asking[1:]), "mine")[1]  # noqa: E731
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *asking: (answer(*asking), ""))
    form.changed.connect(heard.append)
    for name, kind, hint, is_folder in (
        ("segmentation", "TIFF (*.tif *.tiff)", "folder or TIFF", True),
        ("tracks", "Tracks (*.csv *.xml *.txt *.tsv)", "CSV or TrackMate's XML", False),
        (
            "follow", "Tracks, masks (*.csv *.xml *.txt *.tif *.tiff)", "tracks or masks", True,
        ),
        ("points", CSV, "CSV", False),
        ("shapes", CSV, "CSV of napari", False),
    ):  # fmt: skip
        field = form[name]
        assert as_read(field.path.native) == f"<({hint})>"
        menu = field.button.native.menu()
        assert (menu is not None) == is_folder
        (menu.actions()[1].trigger if is_folder else field.button.native.click)()
        assert asked.pop() == (SETTINGS[name].title, "", kind)
        assert (field.value, bool(heard)) == ("mine", True)
        heard.clear()


def test_numbers_have_their_bounds_and_steps(form):
    crop, limits = form["crop"], form["limits"]
    for field, text, low, high in (
        (form["width"].number, "500", 100, 4000),
        (form["fps"], "10.00", 1, 120),
        *((side, "1", 1, 100_000) for side in crop.sides),
        *((place, "0", 0, 100_000) for place in crop.place),
        (limits.black, "0.00", -1e12, 1e12),
        (limits.white, "65535.00", -1e12, 1e12),
    ):
        spin = field.native
        assert (spin.text(), spin.minimum(), spin.maximum()) == (text, low, high)
        assert spin.singleStep() == 1
    fps = form["fps"].native
    for speed, text in (("30000/1001", "29.97"), (23.976, "23.98"), (119.996, "120.00")):
        form["fps"].value = speed
        assert fps.text() == text


ROWS = """
axes / position / channel / z / play
crop / contrast limits / width / fps / anchor anchor_style anchor_size anchor_colour
# Size, speed and crop box
follow follow_id follow_smooth / stabilise
# Grey levels
percentile / gamma invert / colormap
# Part of the data
frames / on_error
# Drawn onto the picture
scale_bar scale_bar_length scale_bar_corner / pixel_size
timestamp timestamp_corner time_start / frame_interval / label label_corner
colour_bar colour_bar_corner / legend legend_corner / event event_corner / arrow
panels panel_marks / sync sync_interval / title title_duration
segmentation segmentation_style / tracks tracks_tail / tracks_ids / points points_size / shapes
# Lengths and times
um_per_pixel
# Format
quality crf / codec raw / max_size
"""


def test_rows_and_their_order(form):
    rows = []
    for part in (form.source_rows, form.top, form.more_rows):
        for row in part:
            if row is not form.kept_row:
                rows.append(" ".join(row.names) if row in form.rows else f"# {row.value}")
    assert rows == " / ".join(ROWS.strip().splitlines()).split(" / ")
    for name, field in form.fields.items():
        assert name in form.row_of(name).names
        if name != "limits":  # its two numbers say what they are
            assert field.native.accessibleName() == name.replace("_", " ").capitalize()


# What stands before, between and behind the fields of each row.
LABELS = {
    "axes": "Axes", "position": "Position", "channel": "Channel", "z": "Slices", "play": "Play",
    "crop": "", "contrast": "Contrast", "width": "Width", "fps": "Speed|fps|", "anchor": "px",
    "follow": "Follow|id|mean of", "stabilise": "", "percentile": "Percentile", "gamma": "Gamma",
    "colormap": "LUT", "frames": "Frames", "on_error": "Bad frames", "scale_bar": "µm",
    "pixel_size": "Pixel size|µm", "timestamp": "first at", "frame_interval": "Interval",
    "label": "Label", "colour_bar": "", "legend": "", "event": "Events", "arrow": "Arrows",
    "panels": "Panels|marks", "sync": "Sync", "title": "Title", "segmentation": "Masks",
    "tracks": "Tracks|tail|frames", "tracks_ids": "", "points": "Points|px", "shapes": "Shapes",
    "um_per_pixel": "Scale|µm a pixel", "quality": "Quality|or CRF", "codec": "Format",
    "max_size": "Max. size",
}  # fmt: skip


def test_labels_and_buttons_of_rows(form):
    labels = {
        row.names[0]: "|".join(part.value for part in row[0] if isinstance(part, Label))
        for row in form.rows
    }
    assert labels == LABELS
    assert [(b.text, b.tooltip) for b in (form.auto, form.forget)] == [
        ("Auto", "Limits that saturate 0.35 % of the pixels of this frame, as in Fiji"),
        ("Forget", "Use the defaults instead"),
    ]
    switches = [form[name].text for name, setting in SETTINGS.items() if setting.is_switch]
    assert switches == [
        "Invert", "Anchor", "Raw counts", "Scale bar", "Time", "Colour bar", "Legend",
        "Track numbers", "Stabilise",
    ]  # fmt: skip
    tips = {name: field.tooltip for name, field in form.fields.items()}
    assert tips["gamma"] == (
        "Exponent of the grey level between 0 and 1, 0.05 to 20; below 1, dark parts get brighter."
        " Empty: 1"
    )
    assert tips["um_per_pixel"] == (
        'µm that a pixel of the video shows, the same for all sources, instead of "Width"'
    )
    assert tips["invert"] == "Swap black and white"
    assert tips["anchor_style"] == "How the anchor looks"
    assert tips["colormap"].startswith("Grey levels in colours, by the names of cmap: viridis, ")
    assert tips["crop"] == "Centre crop, or a box with its top-left corner. Empty: whole frame"
    assert tips["limits"] == "Fixed grey values for black and white"
    assert tips["fps"] == "Frames per second, 1 to 120, exact: 10, 29.97, 30000/1001"


CORNERS = ["top left", "top right", "bottom left", "bottom right"]


def test_choices_and_what_an_empty_line_means(form):
    for name, words, default in (
        ("scale_bar_corner", CORNERS, 3),
        ("timestamp_corner", CORNERS, 0),
        ("label_corner", CORNERS, 2),
        ("colour_bar_corner", CORNERS, 1),
        ("legend_corner", CORNERS, 1),
        ("event_corner", CORNERS, 2),
        ("anchor_style", ["dot", "cross", "circle"], 0),
        ("segmentation_style", ["fill", "contour"], 0),
        ("panels", ["one picture", "channels", "sources", "both"], 0),
        ("sync", ["time", "frame"], 0),
    ):
        assert entries(form[name]) == words
        values = [value for _, value in form[name].offered]
        assert values == [
            None if n == default else text.replace(" ", "-") for n, text in enumerate(words)
        ]
    for name, words in (("on_error", ["Fail", "Skip"]), ("panel_marks", ["Each", "Once"])):
        assert [*form[name].offered] == [(word, word.lower()) for word in words]
    assert [*form["codec"].offered] == [
        ("H.264 (.mp4)", None), ("H.265 (.mp4)", "h265"), ("AV1 (.mp4)", "av1"),
        ("VP9 (.webm)", "vp9"), ("FFV1 (.mkv)", "ffv1"), ("ProRes (.mov)", "prores"),
        ("MPEG-4 Part 2 (.mp4)", "mpeg4"), ("GIF (.gif)", "gif"),
    ]  # fmt: skip
    assert entries(form["anchor_colour"]) == [
        "red", "yellow", "lime", "cyan", "magenta", "white", "black",
    ]  # fmt: skip
    assert {name: form[name].native.placeholderText() for name in WORDS} == {
        name: hint for name, (hint, _) in WORDS.items()
    }
    given = {
        "frame_interval": 5400, "time_start": -600, "sync_interval": 90.5, "title": "a\nb",
        "title_duration": 0.5, "max_size": 400_000, "gamma": 1.0, "frames": "::2",
        "pixel_size": 0.65, "um_per_pixel": 2.0, "scale_bar_length": 10, "anchor_size": 61,
        "tracks_tail": 3, "points_size": 4.0, "follow_id": 7, "follow_smooth": 5,
        "event": ("0=a", "1=b"), "arrow": ("1,2",), "label": " {time} ",
    }  # fmt: skip
    hosts = {
        "panels": "sources", "tracks": "t", "points": "p", "follow": "f", "crop": "30x30",
        "contrast": "local",
    }  # fmt: skip
    form.settings = settings = t2v.VideoSettings(**given, **hosts)
    assert {name: form[name].native.text() for name in WORDS} == {
        name: text for name, (_, text) in WORDS.items()
    }
    assert form.settings == settings


# What stands in an empty line, and what is written there for a value.
WORDS = {
    "frame_interval": ("from the metadata", "90 min"),
    "time_start": ("0", "-10 min"),
    "sync_interval": ("the shortest of the sources", "90.5 s"),
    "title": ("none", "a\\nb"),
    "title_duration": ("2 s", "0.5 s"),
    "max_size": ("no limit", "400kB"),
    "gamma": ("1", "1"),
    "frames": ("all", "::2"),
    "pixel_size": ("from the metadata", "0.65"),
    "um_per_pixel": ("", "2"),
    "scale_bar_length": ("auto", "10"),
    "anchor_size": ("auto", "61"),
    "tracks_tail": ("30", "3"),
    "points_size": ("auto", "4"),
    "follow_id": ("the only one", "7"),
    "follow_smooth": ("off", "5"),
    "event": ("05:00=+ drug; 1h..2h=light", "0=a; 1=b"),
    "arrow": ("120,85; 30,40@05:00..10:00", "1,2"),
    "label": ("none", " {time} "),
}
