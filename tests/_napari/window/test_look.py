"""What the user reads and sees in the window, beside the picture."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.frames import noise

pytest.importorskip("napari")

from helpers.window import click, pick, write_into
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication, QWidget


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
    assert [axis.itemText(i) for i in range(axis.count())][-2:] == words
    if labels is None:  # so are the viewer's sliders called
        assert viewer.dims.axis_labels[:2] == ("-4", "-3")


def test_one_frame_is_no_plural(open_widget, wait):
    _, widget = open_widget(noise((40, 60)), contrast_limits=(0, 0.5))
    wait(lambda: widget.result.preview is not None)
    assert widget.source.info.value.startswith("1 frame · ")
    assert " · 1 frame · " in widget.result.facts.value
    assert widget.result.limits.value.endswith("100 % clipped")
