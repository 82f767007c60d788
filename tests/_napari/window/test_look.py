"""What the user reads and sees in the window, beside the picture."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from helpers.frames import noise

pytest.importorskip("napari")

from helpers.window import (
    as_read,
    click,
    entries,
    lay_out,
    lines_of,
    pick,
    reading,
    seen,
    write_into,
)
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication, QCheckBox, QDockWidget, QLabel, QPushButton, QWidget

from napari_tif2video._napari.words import in_words
from napari_tif2video.settings import SETTINGS


def test_more_unfolds_and_has_room_for_what_appears_later(open_widget, wait):
    _, widget = open_widget(noise((3, 40, 60)), contrast_limits=(0, 65535))
    row, content = widget.row_of("pixel_size"), widget.more.content()
    edit = widget["pixel_size"]
    assert not edit.visible
    for _ in range(2):
        click(widget.more.toggleButton())
        wait(lambda: edit.visible)
        # Nothing is cut off.
        wait(lambda: content.height() == content.sizeHint().height())
        before = content.height()
        write_into(edit, "wide")
        wait(lambda: row.problem.visible)
        wait(lambda low=before: content.height() == content.sizeHint().height() > low)
        write_into(edit, "")
        wait(lambda: not row.problem.visible)
        click(widget.more.toggleButton())
        wait(lambda: not edit.visible)  # nor does the Tab key lead there


def test_the_wheel_is_left_to_what_scrolls_and_changes_nothing(open_widget):
    _, widget = open_widget(noise((3, 40, 60)), contrast_limits=(0, 65535))
    widget.more.expand()
    widget.wait_until_idle()
    before = widget.settings
    for name in ("on_error", "quality", "fps", "contrast", "colormap"):
        native = widget[name].native
        native.setFocus()
        middle = QPointF(native.rect().center())
        event = QWheelEvent(
            middle, native.mapToGlobal(middle), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(native, event)
        assert not event.isAccepted()  # so Qt passes it on to what it is in
    assert widget.settings == before


def colour_of(widget, x, y):
    """The colour that a widget shows at a part of its width and height."""
    image = widget.grab().toImage()
    colour = image.pixelColor(int(x * image.width()), int(y * image.height()))
    return np.array(colour.getRgb()[:3])


def test_colormaps_are_shown_in_their_colours(open_widget, wait):
    _, widget = open_widget(noise((3, 40, 60)), contrast_limits=(0, 65535))
    widget.more.expand()
    combo = widget["colormap"].native
    edit: QWidget = combo.lineEdit()
    wait(lambda: edit.isVisible() and edit.height() > 10)
    plain = colour_of(edit, 0.25, 0.5)
    pick(combo, "magenta")
    red, green, blue = colour_of(edit, 0.25, 0.5).astype(int)
    assert red == blue > green + 100
    write_into(edit, "green")
    red, green, blue = colour_of(edit, 0.25, 0.5).astype(int)
    assert green > red + 60
    pick(combo, "As they are")
    assert (colour_of(edit, 0.25, 0.5) == plain).all()
    # In the list, each name stands on its colours.
    combo.showPopup()
    view = combo.view()
    wait(view.isVisible)
    where = view.visualRect(view.model().index(combo.findText("red"), 0))
    colour = view.viewport().grab(where).toImage().pixelColor(where.width() - 6, 4)
    assert colour.red() > 200
    assert max(colour.green(), colour.blue()) < 40
    combo.hidePopup()


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (None, ["Slider -4 (3 steps)", "Slider -3 (2 steps)"]),
        (("t", "z", "y", "x"), ["Time (3)", "Slices (2)"]),
        (("dose", "q", "y", "x"), ["dose (3)", "Axis q (2)"]),
    ],
)
def test_axes_have_names_that_the_user_knows(open_widget, wait, labels, words):
    viewer, widget = open_widget(noise((3, 2, 40, 60)), axis_labels=labels)
    axis = widget.source.time_axis.axis.native
    wait(axis.isVisible)
    widget.wait_until_idle()
    wait(lambda: axis.count() >= len(words))
    assert entries(axis)[-2:] == words
    if labels is None:  # so are the viewer's sliders called
        assert viewer.dims.axis_labels[:2] == ("-4", "-3")


def test_one_frame_is_no_plural(open_widget, wait):
    _, widget = open_widget(noise((40, 60)), contrast_limits=(0, 0.5))
    wait(lambda: widget.result.preview is not None)
    assert widget.source.info.value.startswith("1 frame · ")
    assert " · 1 frame · " in widget.result.facts.value
    assert widget.result.limits.value.endswith("100 % clipped")


# As `reading` gives it: dots are after what takes the room that there is.
ALL = """
☑ Layers ☐ Folders
<a>…
3 frames · 60×40 uint16 · no pixel size…
Time axis <Slider -4 (3 steps)>…
Slices <Where the slider stands>…
[Play] frame 2 of 3…
500×334 · 3 frames · 0.3 s · ≈44 kB…
black 0 · white 65535 · 0 % clipped…
Preset [Talk, paper, mail, analysis, your own]…
☑ Crop <30> × <20> [Draw]
at <15> , <10> [Centre] <Free>
Contrast <As shown in napari>… [Auto]
Width <500> px ☐ full size
Speed <10.00> fps = 0.3 s long
☐ Anchor ~<dot> ~<(auto)> px ~<red>…
Size, speed and crop box
Follow <(tracks or masks)>… […] id <(the only one)> mean of <(off)>
☐ Stabilise
Grey levels
Gamma <(1)> ☐ Invert
LUT <As they are>…
Part of the data
Frames <(all)>…
Bad frames <Fail>…
Drawn onto the picture
☐ Scale bar ~<(auto)> µm ~<bottom right>…
Pixel size <(not known)>… µm
☐ Time ~<top left>… first at ~<(0)>
Interval <(not known; 5min, 30s)>…
Label <(none)>… ~<bottom left>
☐ Colour bar ~<top right>…
☐ Legend ~<top right>…
Events <(05:00=+ drug; 1h..2h=light)>… ~<bottom left>
Arrows <(120,85; 30,40@05:00..10:00)>…
Panels <one picture>… marks ~<Each>
Sync <time>… <(the shortest of the sources)>
Title <(none)>… <(2 s)>
Masks <(folder or TIFF)>… […] <fill>
Tracks <(CSV or TrackMate's XML)>… […] tail <(30)> frames
☐ Track numbers
Points <(CSV)>… […] <(auto)> px
Shapes <(CSV of napari)>… […]
Lengths and times
Scale <>… µm a pixel
Format
Quality <Standard>… or CRF <(19)>
Format <H.264 (.mp4)>… ☐ Raw counts
Max. size <(no limit)>…
Files
If it exists <Ask>…
When done ☐ Verify ☐ Recipe file
[Copy or save settings]…
[▴ Less]…
Save in <Beside the data>… […]
Save as <a_500px_10fps_crop_30x20_video>… .mp4
[Create video]…
""".strip().splitlines()
# What else there is to fill in and to choose, once its row is used.
USED = """
Contrast <Each frame by itself> [Auto]
Width ~<500> px ☑ full size
☑ Anchor <dot> <(auto)> px <red>
Percentile <(0)> to <(100)>
☑ Scale bar <(auto)> µm <bottom right>
☑ Time <top left> first at <(0)>
Label <x> <bottom left>
☑ Colour bar <top right>
☑ Legend <top right>
Events <0=a> <bottom left>
Quality ~<Standard> or CRF <30>
""".strip().splitlines()

TIPS = set(
    """
What is made into a video
A folder of TIFF files, or one whose subfolders hold them
Multi-page TIFF files
Remove the selected rows; no file is touched
Remove all rows
Add the layers up, each in a colour of its own unless it has one
The axis that becomes time; the sliders of the others choose what is shown
Click: full size. Space: play. Left and Right: step
Show the frames at the speed of the video, without making it (Ctrl+P)
Counts that become black and white; what this frame has outside
Preset
Show only a part of each frame (Ctrl+Shift+X)
Width of the box in pixels
Height of the box
Draw the box on the image; Esc ends that (Ctrl+Shift+D)
Column of its left edge, from 0
Row of its top
Put the box into the middle
The ratio of width and height that the box keeps
Limits that saturate 0.35 % of the pixels of this frame, as in Fiji
Count that becomes black
Count that becomes white
One pair of limits to edit here
No scaling: one pixel for each pixel
Use the defaults instead
Choose
Percentile that becomes black
Percentile that becomes white
What to do when the video exists
Decode each finished video and compare it with the frames before it gets its name
The recipe of each video as a file beside it, too: NAME.json
Choose a folder for the videos
Empty it to get the automatic name back
Create video (Ctrl+Return)
The last ten videos that were made
Save a table with a row for each video, as CSV
Stop making the video (Ctrl+.)
Make the videos that wait
Choose which of the videos that wait are not made
Open the video in the player (Ctrl+Shift+Return)
What the video was made of and how, from the file, as JSON
""".splitlines()
)


def test_all_of_it_from_top_to_bottom(open_widget):
    viewer, widget = open_widget(noise((3, 2, 40, 60)), name="a", contrast_limits=(0, 65535))
    window, dock = viewer.window._qt_window, widget.native
    while not isinstance(dock, QDockWidget):
        dock = dock.parentWidget()

    def places(width, height):
        window.resize(1280, height)
        window.resizeDocks([dock], [width], Qt.Orientation.Horizontal)
        lay_out(widget)
        return {each: each.geometry() for part in seen(widget) for each in part}

    click(widget["crop"].check)
    click(widget.more.toggleButton())
    before, wider = places(400, 1000), places(500, 1000)
    growing = {each for each, place in wider.items() if place.width() > before[each].width() + 50}
    assert reading(widget, growing) == ALL
    # Only the picture is lower where there is less room, up to the least there is.
    high = widget.result.picture.height()
    heights = {each: place.height() for each, place in wider.items()}
    assert {each: place.height() for each, place in places(500, 960).items()} == heights
    assert widget.result.picture.height() == high - 40
    # As narrow as it may be, nothing is cut off or lies on something else.
    places(10, 1000)
    assert widget.native.width() == 340
    for line in lines_of(widget):
        for each, after in pairwise(line):
            right, left = each.mapToGlobal(each.rect().topRight()), after.mapToGlobal(QPoint())
            assert right.x() < left.x(), (as_read(each), as_read(after))
        for each in line:
            if isinstance(each, (QLabel, QPushButton, QCheckBox)):
                text = each.fontMetrics().horizontalAdvance(each.text().replace("&", ""))
                assert each.width() > text or getattr(each, "wordWrap", bool)(), each.text()
    # What else there is to fill in, once its row is used.
    for name in ("anchor", "scale_bar", "timestamp", "colour_bar", "legend"):
        click(widget[name])
    for name, text in (("label", "x"), ("event", "0=a"), ("crf", "30"), ("frame_interval", "1")):
        write_into(widget[name], text)
    write_into(widget["pixel_size"], "1")
    pick(widget["contrast"], "Each frame by itself")
    click(widget["width"].full)
    lay_out(widget)
    assert {*USED} <= {*reading(widget)}
    # What says more about it where the mouse rests; of settings, what is declared of them.
    tips = {each.toolTip() for each in widget.native.findChildren(QWidget)}
    of_settings = {field.native.toolTip() for field in widget.fields.values()}
    assert tips - of_settings == TIPS
    for name, setting in SETTINGS.items():
        tip = widget.fields[name].tooltip
        assert in_words(setting.help.replace("`", ""))[1:] in tip
        is_said = bool(setting.otherwise) and not setting.choices
        assert tip.endswith(f"Empty: {setting.otherwise.replace('`', '')}") == is_said
