"""The fields of the form, each alone: what is shown, what it means, and who hears of it."""

from __future__ import annotations

from fractions import Fraction

import pytest

pytest.importorskip("napari")

from helpers.window import as_read, entries, pick, write_into
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFileDialog, QLineEdit
from superqt.cmap import QColormapItemDelegate, QColormapLineEdit

from napari_tif2video._napari.form import fields
from napari_tif2video.geometry import CropBox


@pytest.fixture
def made(qtbot):
    """Make a field, and a list of what it says of itself."""

    def make(kind, *options, **named):
        field, heard = kind(*options, **named), []
        qtbot.addWidget(field.native)
        field.changed.connect(heard.append)
        return field, heard

    return make


def news(heard):
    """What was heard since one last asked."""
    said = heard[:]
    heard.clear()
    return said


def click(button):
    """As by the mouse, which has to know where the button is shown."""
    native = getattr(button, "native", button)
    native.click()


@pytest.mark.parametrize(
    ("kind", "value", "text", "again"),
    [
        (fields.Text, None, "", None),
        (fields.Text, 2.0, "2", "2"),
        (fields.Text, 20.5, "20.5", "20.5"),
        (fields.Text, 30, "30", "30"),
        (fields.Text, "2.0", "2.0", "2.0"),
        (fields.Text, " a b ", " a b ", "a b"),
        (fields.Text, "  ", "  ", None),
        (fields.Sentence, " a b ", " a b ", " a b "),
        (fields.Sentence, "  ", "  ", None),
        (fields.Sentence, None, "", None),
        (fields.Lines, "a\nb\nc", "a\\nb\\nc", "a\\nb\\nc"),
        (fields.Lines, None, "", None),
        (fields.Several, None, "", None),
        (fields.Several, "a;b", "a;b", ("a", "b")),
        (fields.Several, ("a", "b c"), "a; b c", ("a", "b c")),
    ],
)
def test_texts(made, kind, value, text, again):
    field, _ = made(kind, "a hint")
    assert field.native.placeholderText() == "a hint"
    field.hint("another")
    assert field.native.placeholderText() == "another"
    field.native.setText("before")
    field.value = value
    assert field.native.text() == text
    assert field.value == again


def test_values_in_words_and_what_is_between_semicolons(made):
    field, _ = made(fields.Text, words=lambda value: f"<{value}>")
    assert field.native.placeholderText() == ""
    for value, text in ((3, "<3>"), ("3", "3"), (0, "<0>"), (None, "")):
        field.value = value
        assert field.native.text() == text
    field, _ = made(fields.Several)
    for text, value in ((" a ;; b c ;", ("a", "b c")), (" ; ;", None), ("one", ("one",))):
        field.native.setText(text)
        assert field.value == value


def test_a_choice(made):
    field, heard = made(fields.Choice, [("One", 1), ("Nothing", None)], words="no. {}".format)
    assert (field.value, entries(field), news(heard)) == (1, ["One", "Nothing"], [])
    field.value = None
    assert (field.value, field.native.currentText(), news(heard)) == (None, "Nothing", [None])
    for value in (7, 8):  # what is not among them is while it is the one
        field.value = value
        assert (field.value, news(heard)) == (value, [value])
        assert entries(field) == ["One", "Nothing", f"no. {value}"]
        assert field.native.currentText() == f"no. {value}"
        assert field.offered == [("One", 1), ("Nothing", None)]
    pick(field, "One")
    assert (field.value, entries(field), news(heard)) == (1, ["One", "Nothing"], [1])
    field.show_value(7)
    assert (field.value, entries(field)[2:], news(heard)) == (7, ["no. 7"], [])
    field.offer((("Two", 2), ("Seven", 7)), 7)
    assert (field.value, entries(field), news(heard)) == (7, ["Two", "Seven"], [])
    assert field.native.currentText() == "Seven"
    field.offer([("Two", 2)], 2.5)
    assert (entries(field), news(heard)) == (["Two", "no. 2.5"], [])
    field.value = 3.0
    assert (entries(field)[1:], news(heard)) == (["no. 3.0"], [3])
    plain, heard = made(fields.Choice)
    assert entries(plain) == []
    plain.value = 3.0
    assert (entries(plain), news(heard)) == (["3"], [3])
    plain.value = "a.0"
    assert entries(plain) == ["a.0"]


def test_a_name(made):
    field, heard = made(fields.Name, ("Red", "lime", "blue"), QLineEdit())
    assert (field.value, as_read(field.native)) == (None, "<Red>")
    assert entries(field) == ["Red", "lime", "blue"]
    for name, shown in (("lime", "lime"), ("#123", "#123"), (None, "Red"), ("Red", "Red")):
        field.value = name
        assert (field.value, as_read(field.native)) == (name, f"<{shown}>")
    assert news(heard)[-1] == "Red"
    field.value = None
    pick(field, "blue")
    assert (field.value, set(news(heard))) == ("blue", {"blue"})
    pick(field, "Red")  # nobody asked for it by its name
    assert (field.value, None in news(heard)) == (None, True)
    write_into(field, " pink")
    assert (field.value, news(heard)) == ("pink", [None, None, "p", "pi", "pin", "pink"])
    QTest.keyClick(field.native.lineEdit(), Qt.Key.Key_Return)
    assert entries(field) == ["Red", "lime", "blue"]
    write_into(field, "")
    assert field.value is None


def test_the_names_of_colormaps(made):
    field, _ = made(fields.Colormap)
    assert entries(field) == [
        "As they are", "gray", "green", "magenta", "cyan", "yellow", "red", "blue", "viridis",
        "magma", "inferno", "plasma", "cividis", "turbo", "batlow", "hot", "fire",
    ]  # fmt: skip
    assert isinstance(field.native.lineEdit(), QColormapLineEdit)
    assert isinstance(field.native.itemDelegate(), QColormapItemDelegate)
    field.value = "magma"
    assert field.native.lineEdit().colormap().name == "bids:magma"
    field.value = "no map"
    assert field.native.lineEdit().colormap() is None


def test_a_width(made):
    field, heard = made(fields.Width, name="width", tooltip="the tip")
    number, full = field.number.native, field.full.native
    assert (field.value, as_read(number), as_read(full)) == (500, "<500>", "☐ full size")
    # Whoever does not see it is told the title, unless the part says more of itself.
    assert (number.accessibleName(), number.toolTip()) == ("Width", "the tip")
    assert (full.accessibleName(), full.toolTip()) == ("", "No scaling: one pixel for each pixel")
    number.setValue(640)
    click(full)
    assert (field.value, as_read(number), news(heard)) == ("full", "~<640>", [640, "full"])
    field.value = 320
    assert (field.value, as_read(number), as_read(full)) == (320, "<320>", "☐ full size")
    assert news(heard)[-1] == 320
    field.value = "full"
    assert (field.value, as_read(number), news(heard)) == ("full", "~<320>", ["full"])


def test_a_speed_is_exact_as_long_as_nobody_types(made):
    field, heard = made(fields.Speed)
    native = field.native
    assert (field.value, native.value()) == ("10", 10)
    for value, shown, meant in (
        ("30000/1001", 29.97, Fraction(30000, 1001)),
        (Fraction(1, 3) + 5, 5.33, Fraction(16, 3)),
        (12.5, 12.5, "12.5"),
        (25, 25, "25"),
        ("24", 24, 24),
    ):
        field.value = value
        assert (native.value(), field.value, news(heard)) == (shown, meant, [value])
    field.value = "30000/1001"
    native.setValue(29.98)
    assert (field.value, news(heard)[-1]) == ("29.98", 29.98)
    field.value = "30000/1001"
    field.value = 29.97
    assert field.value == "29.97"


def numbers(crop):
    return [field.value for field in (*crop.sides, *crop.place)]


@pytest.fixture
def crop(made):
    field, heard = made(fields.Crop, name="crop")
    field.fit_into((61, 80))  # rows, columns
    return field, heard


def test_a_crop_box_is_half_of_the_frame_at_first(crop):
    field, heard = crop
    texts = [as_read(b.native) for b in (field.check, field.draw, field.centre, field.ratio)]
    assert texts == ["☐ Crop", "[Draw]", "[Centre]", "<Free>"]
    assert entries(field.ratio) == ["Free", "1:1", "16:9", "4:3"]
    tips = [
        "Show only a part of each frame", "Width of the box in pixels", "Height of the box",
        "Column of its left edge, from 0", "Row of its top", "Draw the box on the image; Esc ends "
        "that", "Put the box into the middle", "The ratio of width and height that the box keeps",
    ]  # fmt: skip
    parts = (field.check, *field.sides, *field.place, field.draw, field.centre, field.ratio)
    assert [part.native.toolTip() for part in parts] == tips
    assert [part.native.accessibleName() for part in parts[1:5]] == tips[1:5]
    assert field.ratio.native.accessibleName() == "Ratio of the crop box"
    assert field.draw.native.isCheckable()
    below = field.place[0].native.parentWidget()
    assert numbers(field) == [40, 30, 20, 15]
    assert (field.value, news(heard), below.isHidden()) == (None, [], True)
    assert [side.enabled for side in field.sides] == [False, False]
    field.fit_into(None)
    assert numbers(field) == [40, 30, 20, 15]
    field.fit_into((31, 41))
    assert numbers(field) == [20, 15, 10, 8]
    field.fit_into((1, 1))
    assert numbers(field) == [1, 1, 0, 0]
    field.fit_into((31, 41))
    click(field.check)
    box = CropBox(20, 15)
    assert (field.value, news(heard), below.isHidden()) == (box, [box], False)
    assert [side.enabled for side in field.sides] == [True, True]
    field.fit_into((60, 80))  # it stays, in the middle
    assert (numbers(field), news(heard)) == ([20, 15, 30, 22], [])
    click(field.centre)  # nobody chose these sides
    box = CropBox(40, 30)
    assert (field.value, news(heard), numbers(field)) == (box, [box], [40, 30, 20, 15])
    field.fit_into((31, 41))
    click(field.check)
    assert (field.value, news(heard), below.isHidden()) == (None, [None], True)
    assert [side.enabled for side in field.sides] == [False, False]
    field.fit_into((61, 80))
    assert numbers(field) == [40, 30, 20, 15]


def test_a_crop_box_that_is_ticked_before_the_frame_is_known(made):
    """It is half of the frame as soon as that is known, and that is nothing to take back."""
    field, heard = made(fields.Crop, name="crop")
    click(field.check)
    news(heard)
    field.fit_into(None)
    assert news(heard) == []
    field.fit_into((61, 80))
    box = CropBox(40, 30)
    assert (field.value, news(heard), numbers(field)) == (box, [box], [40, 30, 20, 15])
    field.fit_into(None)
    field.fit_into((31, 81))  # from now on it stays
    assert (field.value, news(heard)) == (box, [])
    field.undo()
    assert (field.value, news(heard)) == (None, [None])


def test_a_crop_box_is_set_and_forgotten(crop):
    field, heard = crop
    field.value = "30x20+5+6"
    assert (field.value, numbers(field)) == (CropBox(30, 20, 5, 6), [30, 20, 5, 6])
    assert (field.check.value, news(heard)) == (True, [CropBox(30, 20, 5, 6)])
    field.value = CropBox(32, 21)
    assert (field.value, numbers(field)) == (CropBox(32, 21), [32, 21, 24, 20])
    field.value = "30x20+0+0"
    field.value = None
    assert (field.value, field.check.value, numbers(field)) == (None, False, [30, 20, 25, 20])
    assert news(heard) == [CropBox(32, 21), CropBox(30, 20, 0, 0), None]
    field.fit_into((100, 200))  # the sides were somebody's choice
    assert numbers(field) == [30, 20, 85, 40]
    click(field.check)
    assert field.value == CropBox(30, 20)
    field.value = CropBox(300, 200)
    assert numbers(field) == [300, 200, 0, 0]
    click(field.centre)  # as large as that, it would not fit
    assert (field.value, numbers(field)) == (CropBox(100, 50), [100, 50, 50, 25])


def test_a_crop_box_by_its_numbers(crop):
    field, heard = crop
    click(field.check)
    (across, down), (x, y) = field.sides, field.place
    for part, number, box in (
        (across, 21, CropBox(21, 30)),
        (down, 11, CropBox(21, 11)),
        (x, 3, CropBox(21, 11, 3, 25)),
        (y, 4, CropBox(21, 11, 3, 4)),
        (across, 25, CropBox(25, 11, 3, 4)),
    ):
        heard.clear()
        part.native.setValue(number)
        assert (field.value, news(heard)) == (box, [box])
    click(field.centre)
    assert (field.value, news(heard)) == (CropBox(25, 11), [CropBox(25, 11)])
    assert numbers(field) == [25, 11, 27, 25]
    click(field.check)
    field.fit_into((200, 100))
    assert numbers(field) == [25, 11, 37, 94]


@pytest.mark.parametrize(
    ("box", "frame", "fitting"),
    [
        ("40x30+60+50", (60, 80), CropBox(40, 30, 40, 30)),
        ("40x30+40+30", (60, 80), CropBox(40, 30, 40, 30)),
        ("40x30+3+50", (60, 80), CropBox(40, 30, 3, 30)),
        ("40x30", (60, 80), CropBox(40, 30)),
        ("80x60+1+2", (60, 80), CropBox(80, 60, 0, 0)),
        ("81x30+1+2", (60, 80), CropBox(40, 30)),
        ("40x61+1+2", (60, 80), CropBox(40, 30)),
        ("81x30", None, CropBox(81, 30)),
        ("40x30+60+50", None, CropBox(40, 30, 60, 50)),
    ],
)
def test_a_crop_box_that_is_shown_again_fits_the_data(made, box, frame, fitting):
    field, heard = made(fields.Crop, name="crop")
    field.value = box
    field.check.value = False
    field.fit_into(frame)
    if fitting.x is None and "+" not in box:
        click(field.check)
    else:  # the same box in these data; unticked, it keeps its corner
        heard.clear()
        click(field.check)
        assert heard == [fitting]
    assert field.value == fitting


@pytest.mark.parametrize(
    ("ratio", "frame", "part", "number", "sides"),
    [
        ("1:1", (61, 80), 0, 44, (44, 44)),
        ("1:1", (61, 80), 0, 70, (61, 61)),
        ("1:1", (61, 80), 1, 61, (61, 61)),
        ("1:1", (61, 80), 1, 62, (61, 61)),
        ("1:1", (80, 61), 1, 62, (61, 61)),
        ("16:9", (61, 80), 0, 64, (64, 36)),
        ("16:9", (61, 80), 0, 90, (80, 45)),
        ("16:9", (61, 80), 1, 18, (32, 18)),
        ("16:9", (18, 80), 1, 30, (32, 18)),
        ("16:9", None, 0, 320, (320, 180)),
        ("4:3", (61, 80), 0, 41, (41, 31)),
        ("4:3", (61, 80), 1, 33, (44, 33)),
        ("4:3", (61, 80), 0, 1, (1, 1)),
        ("4:3", None, 1, 90, (120, 90)),
        ("Free", (61, 80), 0, 70, (70, 30)),
        ("Free", (61, 80), 1, 100, (40, 100)),
    ],
)
def test_a_crop_box_keeps_its_ratio(made, ratio, frame, part, number, sides):
    field, heard = made(fields.Crop, name="crop")
    field.value = CropBox(40, 30)
    field.fit_into(frame)
    pick(field.ratio, ratio)
    heard.clear()
    field.sides[part].native.setValue(number)
    assert (field.value, heard) == (CropBox(*sides), [CropBox(*sides)])
    assert field.ratio.native.currentText() == ratio


def test_a_ratio_that_is_picked_shapes_the_box_at_once(crop):
    field, heard = crop
    field.value = "30x20+50+41"
    heard.clear()
    pick(field.ratio, "1:1")  # as wide as it was, and inside of the frame
    assert (field.value, news(heard)) == (CropBox(30, 30, 50, 31), [CropBox(30, 30, 50, 31)])
    pick(field.ratio, "Free")
    assert (field.value, news(heard)) == (CropBox(30, 30, 50, 31), [CropBox(30, 30, 50, 31)])
    # Too large for other data, it becomes half of these, in its ratio.
    for ratio, frame, sides in (
        ("1:1", (30, 50), (15, 15)),
        ("1:1", (50, 30), (15, 15)),
        ("1:1", (31, 50), (15, 15)),
        ("16:9", (100, 160), (80, 45)),
        ("16:9", (40, 160), (36, 20)),
        ("4:3", (100, 50), (25, 19)),
    ):
        field.fit_into(None)
        pick(field.ratio, ratio)
        field.value = "400x300+1+2" if ratio == "4:3" else "1600x900+1+2"
        field.ratio.show_value(dict(field.ratio.offered)[ratio])
        field.fit_into(frame)
        click(field.check)
        click(field.check)
        assert field.value == CropBox(*sides), ratio


@pytest.mark.parametrize(
    ("ratio", "box", "kept"),
    [
        ("1:1", "30x30", True),
        ("1:1", "30x31", True),
        ("1:1", "31x30", True),
        ("1:1", "30x32", False),
        ("1:1", "32x30", False),
        ("16:9", "160x90", True),
        ("16:9", "161x90", True),
        ("16:9", "162x90", False),
        ("16:9", "158x90", False),
        ("16:9", "162x92", True),
        ("16:9", "165x92", True),
        ("16:9", "161x92", False),
        ("4:3", "41x30", True),
        ("4:3", "42x30", False),
    ],
)
def test_a_ratio_gives_way_to_a_box_that_has_another(crop, ratio, box, kept):
    field, heard = crop
    pick(field.ratio, ratio)
    heard.clear()
    field.value = box
    assert (field.value, heard) == (CropBox.parse(box), [CropBox.parse(box)])
    assert field.ratio.native.currentText() == (ratio if kept else "Free")


def test_changes_of_a_crop_box_are_taken_back_one_by_one(crop):
    field, heard = crop
    field.undo()
    assert (field.value, heard) == (None, [])
    click(field.check)
    field.value = "30x20+1+2"
    field.value = "30x20+1+2"  # the same: no change
    click(field.centre)
    boxes = [CropBox(30, 20, 1, 2), CropBox(40, 30), None]
    heard.clear()
    for box in boxes:
        field.undo()
        assert (field.value, news(heard)) == (box, [box])
    field.undo()
    assert (field.value, heard) == (None, [])
    click(field.check)
    field.undo()
    assert field.value is None


def test_a_file_is_written_or_picked(made, monkeypatch):
    asked = []

    def answering(answer):
        return lambda *asking: (asked.append(asking[1:]), answer)[1]

    field, heard = made(fields.Files, "the hint", "Kinds (*.k)", name="tracks", tooltip="the tip")
    native = field.path.native
    assert (field.value, as_read(native), as_read(field.button.native)) == (
        None, "<(the hint)>", "[…]",
    )  # fmt: skip
    assert (native.accessibleName(), native.toolTip()) == ("Tracks", "the tip")
    button = field.button.native
    assert (button.accessibleName(), button.toolTip()) == ("Choose: Tracks", "Choose")
    write_into(native, "ab")
    assert (field.value, news(heard)) == ("ab", ["a", "ab"])
    for value in ("c.csv", None):
        field.value = value
        assert (field.value, native.text(), news(heard)) == (value, value or "", [value])
    assert button.menu() is None
    for answer, heard_of in (("d.csv", ["d.csv"]), ("", [])):
        monkeypatch.setattr(QFileDialog, "getOpenFileName", answering((answer, "")))
        click(button)
        assert (field.value, news(heard), asked.pop()) == (
            "d.csv", heard_of, ("Tracks", "", "Kinds (*.k)"),
        )  # fmt: skip
    field, heard = made(fields.Files, "", "Kinds (*.k)", folders=True, name="follow")
    (of_folder, of_file) = field.button.native.menu().actions()
    assert (of_folder.text(), of_file.text()) == ("Folder…", "File…")
    of_file.trigger()
    assert (asked.pop(), news(heard)) == (("Follow", "", "Kinds (*.k)"), [])
    for answer, heard_of in (("folder", ["folder"]), ("", [])):
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", answering(answer))
        of_folder.trigger()
        assert (field.value, news(heard), asked.pop()) == ("folder", heard_of, ("Follow",))
    assert not asked


def test_limits_of_one_or_of_several_channels(made):
    field, heard = made(fields.Limits, name="limits", tooltip="the tip")
    black, white = field.black.native, field.white.native
    one, many = black.parentWidget(), field.one_pair.native.parentWidget()
    assert (field.value, one.isHidden(), many.isHidden()) == ((0, 65535), False, True)
    tips = [part.native.toolTip() for part in (field.black, field.white, field.one_pair)]
    assert tips == [
        "Count that becomes black", "Count that becomes white", "One pair of limits to edit here",
    ]  # fmt: skip
    assert as_read(field.one_pair.native) == "[One for all]"
    black.setValue(7)
    white.setValue(8.5)
    assert (field.value, news(heard)) == ((7, 8.5), [(7, 65535), (7, 8.5)])
    for value in ((1, 2.5), ((3, 4),)):
        field.value = value
        assert (field.value, one.isHidden(), many.isHidden()) == (
            value if len(value) == 2 else value[0], False, True,
        )  # fmt: skip
    assert (field.said.value, news(heard)) == ("", [(1, 2.5), (3, 4)])
    field.value = ((10, 20), (30, 40.5))
    assert (field.value, field.said.value) == (((10, 20), (30, 40.5)), "10 to 20\n30 to 40.5")
    heard.clear()
    pairs = ((10, 123456789012), (0.5, 65535.25), (-3, 1e-7))
    field.value = pairs
    assert (field.value, news(heard)) == (pairs, [pairs])
    assert field.said.value == "10 to 123456789012\n0.5 to 65535.25\n-3 to 1e-07"
    assert (one.isHidden(), many.isHidden()) == (True, False)
    field.value = None  # which says nothing of them
    assert (field.value, news(heard)) == (pairs, [pairs])
    click(field.one_pair)
    assert (field.value, news(heard)) == ((10, 123456789012), [(10, 123456789012)])
    assert (one.isHidden(), many.isHidden(), field.said.value) == (False, True, "")
    assert (black.value(), white.value()) == (10, 123456789012)


def test_two_percentages(made):
    field, heard = made(fields.Percentile, name="percentile")
    low, high = field.low.native, field.high.native
    assert (field.value, as_read(low), as_read(high)) == (None, "<(0)>", "<(100)>")
    assert (low.toolTip(), high.toolTip()) == (
        "Percentile that becomes black", "Percentile that becomes white",
    )  # fmt: skip
    for texts, value in (
        (("5", ""), ("5", "100")), (("", "90"), ("0", "90")), (("5", "90.5"), ("5", "90.5")),
        (("", ""), None),
    ):  # fmt: skip
        low.setText(texts[0])
        high.setText(texts[1])
        assert (field.value, news(heard)[-1]) == (value, value)
    for value, texts in (((1.0, 99.5), ("1", "99.5")), (None, ("", ""))):
        field.value = value
        assert (low.text(), high.text()) == texts
        assert news(heard) == [None if value is None else texts]
