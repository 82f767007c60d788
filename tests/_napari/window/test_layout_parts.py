"""What the window is laid out with, to exact values."""

from __future__ import annotations

import pytest

pytest.importorskip("napari")

from helpers.window import click
from magicgui.widgets import CheckBox, Container, Label, LineEdit, PushButton, SpinBox
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import (
    QApplication,
    QComboBox,
    QDockWidget,
    QMainWindow,
    QScrollArea,
    QShortcut,
    QSizePolicy,
    QWidget,
)

from napari_tif2video._napari import panel as parts
from napari_tif2video._napari.panel import Fold, Note, Watch


@pytest.fixture
def own(qtbot):
    """Whatever is made is deleted."""

    def kept(widget):
        qtbot.addWidget(getattr(widget, "native", widget))
        return widget

    return kept


def in_layout(container):
    layout = container.native.layout()
    return [layout.itemAt(number).widget() for number in range(layout.count())]


def test_a_column_and_a_line(own):
    edit, native = LineEdit(name="e"), QComboBox()
    for made, is_line in ((own(parts.column("a", native, edit)), False),):
        label, second, third = in_layout(made)
        assert (label.text(), second, third) == ("a", native, edit.native)
        assert tuple(made.margins) == (0, 0, 0, 0)
        assert [type(one) for one in made] == [Label, LineEdit]
        assert made.layout == ("horizontal" if is_line else "vertical")
        assert not made.labels
    edit, check = LineEdit(), CheckBox(text="c")
    made = own(parts.line("a", edit, check))
    assert made.layout == "horizontal"
    assert in_layout(made)[1:] == [edit.native, check.native, None]  # a stretch
    layout = made.native.layout()
    assert [layout.stretch(number) for number in range(3)] == [0, 0, 0]
    made = own(parts.line("a", LineEdit(), stretch=1))
    layout = made.native.layout()
    assert layout.count() == 2
    assert [layout.stretch(number) for number in range(2)] == [0, 1]
    made = own(parts.line(LineEdit(), LineEdit(), stretch=0))
    assert [made.native.layout().stretch(number) for number in range(2)] == [1, 0]


def test_those_who_do_not_see_hear_the_title_of_a_line(own):
    def named(*content):
        made = own(parts.line(*content))
        natives = [one.native for one in made]
        return [native.accessibleName() for native in natives]

    other = LineEdit()
    other.native.setAccessibleName("own")
    assert named(parts.title("Width"), LineEdit()) == ["", "Width"]
    assert named(parts.title("Width"), other, LineEdit()) == ["", "own", ""]
    assert named(parts.title("Width")) == [""]
    assert named(LineEdit(value="x"), LineEdit()) == ["", ""]
    assert named(parts.title("Width"), LineEdit(), LineEdit()) == ["", "Width", ""]


def test_titles_and_headings(own):
    made = own(parts.title("Width"))
    assert (made.value, made.min_width) == ("Width", parts.LABEL_WIDTH_PX)
    made = own(parts.heading("Files"))
    assert made.value == "Files"
    made.show()
    assert made.native.font().bold() or "bold" in made.native.styleSheet()


def test_a_note_is_as_high_as_its_text(own):
    note = own(Note("color: #ff0000"))
    native = note.native
    assert native.wordWrap()
    assert native.textInteractionFlags() == Qt.TextInteractionFlag.TextSelectableByMouse
    assert native.styleSheet() == "color: #ff0000"
    policy = native.sizePolicy()
    assert policy.horizontalPolicy() == QSizePolicy.Policy.Ignored
    assert policy.verticalPolicy() == QSizePolicy.Policy.Minimum
    assert own(Note()).native.styleSheet() == ""
    native.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)  # which may say a size of its own
    native.show()
    native.resize(300, 20)
    note.value = "some words"
    one = native.minimumHeight()
    assert 0 < one == native.heightForWidth(native.width())
    note.value = "some words " * 20
    many = native.minimumHeight()
    assert many >= 3 * one
    native.resize(2000, 20)
    assert native.minimumHeight() < many
    note.value = "some words"
    assert native.minimumHeight() == one
    parts.say(note, "")
    assert (note.value, note.visible) == ("", False)
    parts.say(note, "a")
    assert (note.value, note.visible) == ("a", True)


def test_a_fold(own):
    content = parts.column("a")
    fold = own(Fold("More", content, less="Less"))
    fold.show()
    assert (fold.text(), fold.isExpanded(), content.native.isVisible()) == ("▸ More", False, False)
    click(fold.toggleButton())
    assert (fold.text(), fold.isExpanded(), content.native.isVisible()) == ("▴ Less", True, True)
    assert fold.title == "More"
    fold.title = "Others"
    assert fold.text() == "▴ Less"
    click(fold.toggleButton())
    assert (fold.text(), content.native.isVisible()) == ("▸ Others", False)
    assert content.native.maximumHeight() == 2**24 - 1
    assert fold.toggleButton().icon().isNull()
    assert fold.toggleButton().styleSheet() == (
        "text-align: left; border: none; padding: 2px; background: transparent"
    )
    policy = fold.toggleButton().sizePolicy()
    assert policy.horizontalPolicy() == QSizePolicy.Policy.Ignored
    assert policy.verticalPolicy() == QSizePolicy.Policy.Fixed
    fold = own(Fold("More", parts.column("a")))
    fold.expand()
    assert fold.text() == "▾ More"
    fold.title = "Others"
    assert fold.text() == "▾ Others"


def test_a_menu_is_filled_each_time(own):
    button, calls = own(PushButton(text="a")), []
    menu = parts.add_menu(button, lambda: calls.append(None))
    assert button.native.menu() is menu
    menu.aboutToShow.emit()
    menu.aboutToShow.emit()
    assert len(calls) == 2
    empty = own(PushButton(text="b"))
    assert parts.add_menu(empty) is empty.native.menu()


def test_a_list_may_be_narrow(own):
    combo = own(QComboBox())
    combo.addItem("w" * 200)
    parts.let_shrink(combo)
    assert combo.minimumContentsLength() == 8
    assert combo.minimumWidth() == 0
    assert combo.sizeHint().width() < 300
    parts.let_shrink(combo, 50)
    assert combo.minimumWidth() == 50


def test_keys_press_a_button_and_its_tooltip_says_so(own):
    scope = own(QWidget())
    button, other, pressed = own(PushButton(text="Go")), own(PushButton(text="Stop")), []
    other.tooltip = "End it"
    button.changed.connect(pressed.append)
    parts.add_key(scope, "Ctrl+Return", button)
    parts.add_key(scope, "Ctrl+.", other)
    assert (button.tooltip, other.tooltip) == ("Go (Ctrl+Return)", "End it (Ctrl+.)")
    first, _ = scope.findChildren(QShortcut)
    assert first.context() == Qt.ShortcutContext.WidgetWithChildrenShortcut
    assert first.key().toString() == "Ctrl+Return"
    first.activated.emit()
    assert len(pressed) == 1


def test_events_are_watched(own):
    widget, calls = own(QWidget()), []
    Watch(widget, {QEvent.Type.Show: lambda: calls.append("show")})
    widget.show()
    widget.hide()
    assert calls == ["show"]
    watch = Watch(widget, {})
    assert watch.eventFilter(widget, QEvent(QEvent.Type.Show)) is False
    assert watch.parent() is widget


@pytest.fixture
def laid_out(own):
    """A panel whose middle part is 2,000 px high where its fold is open."""
    panel = Container(labels=False)
    edits = [LineEdit(tooltip=f"Tip {n}. More") for n in range(3)]
    filler = QWidget()
    filler.setFixedHeight(1000)
    more = Fold("More", parts.column(filler, edits[1]), less="Less")
    yielding = Fold("Card", parts.column(QWidget()))
    number = SpinBox(value=5, tooltip="Number")
    parts.lay_out(
        panel,
        parts.column(edits[0], PushButton(text="a", tooltip="tip")),
        parts.column(number, more),
        more,
        parts.column(edits[2], yielding),
        yielding,
    )
    window = own(QMainWindow())
    dock = QDockWidget(window)
    dock.setWidget(panel.native)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    window.resize(600, 500)
    window.show()
    QApplication.processEvents()
    yield panel, edits, number, more, yielding, dock
    window.close()


def test_three_parts_of_a_panel(laid_out):
    panel, edits, number, _, _, dock = laid_out
    layout = panel.native.layout()
    above, scroll, below = in_layout(panel)
    assert isinstance(scroll, QScrollArea)
    assert layout.spacing() == 0
    assert [layout.stretch(n) for n in range(3)] == [1, 0, 0]
    assert tuple(panel.margins) == (0, 0, 0, 0)
    assert panel.native.minimumWidth() == parts.WIDTH_PX == 340
    assert panel.native.sizePolicy().verticalPolicy() == QSizePolicy.Policy.Expanding
    assert panel.native.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Preferred
    assert above.isAncestorOf(edits[0].native)
    assert scroll.widget().isAncestorOf(number.native)
    assert below.isAncestorOf(edits[2].native)
    assert scroll.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
    assert scroll.focusPolicy() == Qt.FocusPolicy.NoFocus
    assert scroll.widgetResizable()
    # What has no text is called by the first sentence of its tooltip.
    assert [edit.native.accessibleName() for edit in edits] == ["Tip 0", "Tip 1", "Tip 2"]
    button = above.findChild(type(PushButton().native))
    assert button.accessibleName() == ""
    dock.setMinimumHeight(800)
    panel.native.layout().invalidate()
    QApplication.sendEvent(panel.native, QEvent(QEvent.Type.LayoutRequest))
    assert dock.minimumHeight() == 0


def test_the_wheel_scrolls_and_changes_nothing(laid_out):
    number = laid_out[2]
    event = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(0, 0), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    event.accept()
    number.native.wheelEvent(event)
    assert number.value == 5
    assert not event.isAccepted()


def test_the_tab_key_goes_from_above_to_below(laid_out):
    _, edits, number, more, _, _ = laid_out
    widget, order = edits[0].native, []
    for _ in range(100):
        order.append(widget)
        widget = widget.nextInFocusChain()
    inner = number.native
    known = [edits[0].native, inner, edits[1].native, more.toggleButton(), edits[2].native]
    places = [order.index(one) for one in known]
    assert places == sorted(places)


def test_an_open_fold_takes_the_room_of_another(laid_out, qtbot):
    panel, _, _, more, yielding, _ = laid_out
    scroll = in_layout(panel)[1]
    yielding.expand()
    QApplication.processEvents()
    assert yielding.isExpanded()
    hint = scroll.sizeHint().height()
    more.expand()
    qtbot.waitUntil(lambda: not yielding.isExpanded())
    assert scroll.sizeHint().height() >= hint + 1000
    assert scroll.verticalScrollBar().value() == min(more.y(), scroll.verticalScrollBar().maximum())
    more.collapse()
    yielding.expand()
    QApplication.processEvents()
    assert yielding.isExpanded()


def test_what_is_out_of_sight_is_scrolled_to(own, qtbot):
    area = own(QScrollArea())
    content = QWidget()
    content.setFixedSize(100, 2000)
    target = QWidget(content)
    target.setGeometry(0, 1900, 50, 20)
    area.setWidget(content)
    area.resize(200, 200)
    area.show()
    parts.show_in_scroll(target)
    assert area.verticalScrollBar().value() == 0
    qtbot.waitUntil(lambda: area.verticalScrollBar().value() > 1600)
    parts.show_in_scroll(own(QWidget()))  # which is in none
    QApplication.processEvents()
