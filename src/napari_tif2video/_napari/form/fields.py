"""Fields: widgets of magicgui that hold the value of a setting, None where it is left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from magicgui.types import Undefined
from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, LineEdit, PushButton, SpinBox
from magicgui.widgets.bases import ValuedContainerWidget
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QAbstractSpinBox, QFileDialog, QLineEdit
from superqt.cmap import QColormapItemDelegate, QColormapLineEdit

from ...geometry import WIDTH_RANGE_PX, CropBox
from ...settings import FPS_RANGE, pairs_of, title_of
from ...units import decimal_fps
from ..panel import Note, add_menu, let_shrink, line, tidy, title

#: Words for a choice, and its value.
Choices = Sequence[tuple[str, Any]]
SMALL_LIST_PX = 72
_SPIN_WIDTH_PX, _SIDE_WIDTH_PX = 104, 46
_MAX_CROP_PX = 100_000
_RATIOS = (("Free", None), ("1:1", 1.0), ("16:9", 16 / 9), ("4:3", 4 / 3))


def as_text(value: Any) -> str:
    """A setting as a user would write it."""
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


class Text(LineEdit):
    """A line of text; empty, it is None, whose meaning is in the hint."""

    def __init__(
        self, hint: str = "", *, words: Callable[[Any], str] = as_text, **options: Any
    ) -> None:
        self._words = words
        super().__init__(**options)
        self.hint(hint)

    def hint(self, text: str) -> None:
        """Say what it means to leave it empty."""
        self.native.setPlaceholderText(text)

    def get_value(self) -> str | None:
        return super().get_value().strip() or None

    def set_value(self, value: Any) -> None:
        is_written = value is None or isinstance(value, str)
        super().set_value((value or "") if is_written else self._words(value))


class Sentence(Text):
    """A line of text whose spaces count."""

    def get_value(self) -> str | None:
        return self.native.text() if super().get_value() else None


class Lines(Text):
    """Lines of text in one, where a backslash and an n stand between them."""

    def set_value(self, value: Any) -> None:
        super().set_value(value and value.replace("\n", "\\n"))


class Several(Text):
    """A line of texts with semicolons between them."""

    def get_value(self) -> Any:
        parts = (part.strip() for part in (super().get_value() or "").split(";"))
        return tuple(part for part in parts if part) or None

    def set_value(self, value: Any) -> None:
        super().set_value("; ".join((value,) if isinstance(value, str) else value or ()))


class Choice(ComboBox):
    """A list of values; one that is set without being among them is added while it is the one."""

    null_value = Undefined  # None is a value like others

    def __init__(
        self, choices: Choices = (), words: Callable[[Any], str] = as_text, **options: Any
    ) -> None:
        self.offered, self._words = list(choices), words
        self._added: list[tuple[str, Any]] = []
        # A function, because magicgui asks again whenever the list gets another parent.
        super().__init__(choices=lambda _: [*self.offered, *self._added], **options)
        let_shrink(self.native, SMALL_LIST_PX)
        self.changed.connect(self._drop_added)

    @property
    def value(self) -> Any:
        return self.get_value()

    @value.setter
    def value(self, value: Any) -> None:
        self.set_value(value)

    def set_value(self, value: Any) -> None:
        self.show_value(value)
        self.changed.emit(value)

    def offer(self, choices: Choices, value: Any) -> None:
        """Offer these values, and show one."""
        self.offered = list(choices)
        self.show_value(value)

    def show_value(self, value: Any) -> None:
        """Show a value without a word about it."""
        is_known = any(value == each for _, each in self.offered)
        self._added = [] if is_known else [(self._words(value), value)]
        with self.changed.blocked():
            self.reset_choices()
            super().set_value(value)

    def _drop_added(self, value: Any) -> None:
        if self._added:
            self.show_value(value)


class Name(ComboBox):
    """A list of names in which any other can be written; the first stands for None."""

    def __init__(self, names: Sequence[str], edit: QLineEdit, **options: Any) -> None:
        self._default = names[0]
        self._given: str | None = None
        super().__init__(choices=names, **options)
        self.native.setLineEdit(edit)
        self.native.setInsertPolicy(self.native.InsertPolicy.NoInsert)
        let_shrink(self.native, SMALL_LIST_PX)
        self.native.editTextChanged.connect(lambda _: self.changed.emit(self.value))

    @property
    def value(self) -> str | None:
        text = self.native.currentText().strip()
        is_left = text == self._default != self._given
        return None if is_left else text or None

    @value.setter
    def value(self, name: str | None) -> None:
        self._given = name
        if name in self.choices:
            super().set_value(name)
        self.native.setEditText(name or self._default)


# Maps that microscopists ask for first; any other name can be written into the list.
_COLORMAPS = (
    "As they are", "gray", "green", "magenta", "cyan", "yellow", "red", "blue",
    "viridis", "magma", "inferno", "plasma", "cividis", "turbo", "batlow", "hot", "fire",
)  # fmt: skip


class Colormap(Name):
    """A colormap, each shown in its colours."""

    def __init__(self, **options: Any) -> None:
        edit = QColormapLineEdit(fallback_cmap=None, missing_icon=QIcon())
        super().__init__(_COLORMAPS, edit, **options)
        self.native.setItemDelegate(QColormapItemDelegate(self.native))


class Compound(ValuedContainerWidget):
    """Several widgets beside each other that make one value; those in `edited` change it."""

    def __init__(
        self,
        *parts: Any,
        edited: Sequence[Any],
        below: Sequence[Any] = (),
        stretch: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(widgets=[line(*parts, stretch=stretch), *below], labels=False, **options)
        tidy(self)
        for part in edited:
            if not part.tooltip:  # its title says what it is
                part.native.setAccessibleName(title_of(self.name))
                part.tooltip = self.tooltip
            part.changed.connect(self.tell)

    def tell(self, *_: Any) -> None:
        """Say that the value has changed."""
        self.changed.emit(self.value)


class Width(Compound):
    """The width in pixels, or the data's own pixels."""

    def __init__(self, **options: Any) -> None:
        self.number = SpinBox(value=500, min=WIDTH_RANGE_PX[0], max=WIDTH_RANGE_PX[1])
        self.full = CheckBox(text="full size", tooltip="No scaling: one pixel for each pixel")
        _fix_width(self.number, _SPIN_WIDTH_PX)
        edited = (self.number, self.full)
        super().__init__(self.number, "px", self.full, edited=edited, **options)
        self.full.changed.connect(lambda is_full: setattr(self.number, "enabled", not is_full))

    def get_value(self) -> Any:
        return "full" if self.full.value else self.number.value

    def set_value(self, value: Any) -> None:
        self.full.value = value == "full"
        if value != "full":
            self.number.value = value


class Speed(FloatSpinBox):
    """Frames a second; one that the box cannot show, such as 30000/1001, stays as it was given."""

    def __init__(self, **options: Any) -> None:
        self._exact: Fraction | None = None
        super().__init__(value=10, min=FPS_RANGE[0], max=FPS_RANGE[1], step=1, **options)
        self.native.setDecimals(2)
        _fix_width(self, _SPIN_WIDTH_PX)
        self.changed.connect(self._forget)

    def get_value(self) -> Any:
        return self._exact or decimal_fps(super().get_value())

    def set_value(self, value: Any) -> None:
        with self.changed.blocked():
            super().set_value(float(Fraction(value)))
        exact = Fraction(value) if isinstance(value, (Fraction, str)) else None
        self.changed.emit(value)
        self._exact = exact

    def _forget(self) -> None:
        self._exact = None


class Crop(Compound):
    """Whether to crop, the sides of the box and where it is; without a corner it is centred."""

    def __init__(self, **options: Any) -> None:
        self.check = CheckBox(text=title_of("crop"), tooltip="Show only a part of each frame")
        self.sides = _length(1, "Width of the box in pixels"), _length(1, "Height of the box")
        self.place = _length(0, "Column of its left edge, from 0"), _length(0, "Row of its top")
        self.draw = PushButton(text="Draw", tooltip="Draw the box on the image; Esc ends that")
        self.draw.native.setCheckable(True)
        self.centre = PushButton(text="Centre", tooltip="Put the box into the middle")
        self.ratio = Choice(_RATIOS, tooltip="The ratio of width and height that the box keeps")
        self.ratio.native.setAccessibleName("Ratio of the crop box")
        self._past: list[CropBox | None] = []
        self._last: CropBox | None = None
        self._frame: tuple[int, int] | None = None
        self._corner: tuple[Any, ...] = ()  # column and row; empty for the middle
        # Whether the sides are anybody's choice; None as long as there are none.
        self._is_chosen: bool | None = None
        (across, down), (x, y) = self.sides, self.place
        self._below = line(title("at"), x, ",", y, self.centre, self.ratio)
        parts = (self.check, across, "×", down, self.draw)
        super().__init__(*parts, edited=(), below=(self._below,), **options)
        across.changed.connect(self._on_width)
        down.changed.connect(self._on_height)
        self.ratio.changed.connect(self._on_width)
        for field in (x, y):
            field.changed.connect(self._on_place)
        self.check.changed.connect(self._on_check)
        self.centre.changed.connect(self._on_centre)
        self.tell()

    def get_value(self) -> CropBox | None:
        if not self.check.value:
            return None
        width, height = (side.value for side in self.sides)
        return CropBox(width, height, *self._corner)

    def set_value(self, value: Any) -> None:
        crop = CropBox.parse(value) if isinstance(value, str) else value
        _show(self.check, crop is not None)
        self._corner = ()
        if crop is not None:
            self._set_sides(crop.width, crop.height, is_chosen=True)
            self._corner = () if crop.x is None else (crop.x, crop.y)
            ratio = self.ratio.value
            if ratio and abs(crop.width - ratio * crop.height) > ratio:
                self.ratio.show_value(None)  # it is not to be had with this box
        self.tell()

    def undo(self) -> None:
        """Go back to the box before the last change."""
        if self._past:
            self._last = self._past.pop()
            self.value = self._last

    def fit_into(self, frame: tuple[int, int] | None) -> None:
        """Take note of the height and width of the data."""
        self._frame = frame
        stays = self._is_chosen or (self.check.value and self._is_chosen is not None)
        if frame is not None and not stays:
            self._halve(frame)
        self._show_place()
        if self.value != self._last:  # it was ticked before anything was known
            self._last = self.value
            super().tell()

    def tell(self, *_: Any) -> None:
        for part in self.sides:
            part.enabled = self.check.value
        self._below.visible = self.check.value
        self._show_place()
        if self.value != self._last:
            self._past.append(self._last)
            self._last = self.value
        super().tell()

    def _show_place(self) -> None:
        corner = self._corner
        if not corner and self._frame is not None:
            sizes = zip(self._frame[::-1], self.sides, strict=True)
            corner = tuple(max(0, (size - side.value) // 2) for size, side in sizes)
        for field, at in zip(self.place, corner, strict=False):
            _show(field, at)

    def _on_width(self) -> None:
        self._keep_ratio(self.sides[0].value)

    def _on_height(self) -> None:
        self._keep_ratio(self.sides[1].value * (self.ratio.value or 1))

    def _keep_ratio(self, width: float) -> None:
        """If the sides have a ratio, make them those of such a width, in the frame's room."""
        ratio = self.ratio.value
        self._is_chosen = True
        if ratio:
            if self._frame is not None:
                rows, columns = self._frame
                width = min(width, columns, rows * ratio)
            self._set_sides(*_sides_of(width, ratio), is_chosen=True)
            self._fit()
        self.tell()

    def _on_place(self) -> None:
        self._corner = tuple(field.value for field in self.place)
        self.tell()

    def _on_check(self) -> None:
        if self.check.value:
            self._fit()
        self.tell()

    def _on_centre(self) -> None:
        self._corner = ()
        self._fit()
        self.tell()

    def _fit(self) -> None:
        """A box that fits: as it was, or else half of the frame."""
        if self._frame is None:
            return
        height, width = self._frame
        across, down = (side.value for side in self.sides)
        if not self._is_chosen or across > width or down > height:
            self._halve(self._frame)
            self._corner = ()
        elif self._corner:
            x, y = self._corner
            self._corner = min(x, width - across), min(y, height - down)

    def _halve(self, frame: tuple[int, int]) -> None:
        height, width = (max(1, size // 2) for size in frame)
        ratio = self.ratio.value
        if ratio:
            width, height = _sides_of(min(width, height * ratio), ratio)
        self._set_sides(width, height, is_chosen=False)

    def _set_sides(self, *lengths: int, is_chosen: bool) -> None:
        self._is_chosen = is_chosen
        for side, length in zip(self.sides, lengths, strict=True):
            _show(side, length)


def _sides_of(width: float, ratio: float) -> tuple[int, int]:
    return max(1, round(width)), max(1, round(width / ratio))


class Files(Compound):
    """The path of a file, written or picked; of a folder as well, where that may be one."""

    def __init__(self, hint: str, kinds: str, *, folders: bool = False, **options: Any) -> None:
        self.path = Text(hint)
        self.button = PushButton(text="…", tooltip="Choose")
        self._kinds = kinds
        super().__init__(self.path, self.button, edited=(self.path,), stretch=0, **options)
        self.button.native.setAccessibleName(f"Choose: {title_of(self.name)}")
        if folders:
            menu = add_menu(self.button)
            menu.addAction("Folder…", self._pick_folder)
            menu.addAction("File…", self._pick_file)
        else:
            self.button.changed.connect(self._pick_file)

    def get_value(self) -> str | None:
        return self.path.value

    def set_value(self, value: Any) -> None:
        with self.changed.blocked():
            self.path.value = value
        self.tell()

    def _pick_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self.native, title_of(self.name), "", self._kinds)
        if name:
            self.value = name

    def _pick_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self.native, title_of(self.name))
        if folder:
            self.value = folder


class Limits(Compound):
    """Counts that become black and white.

    Of several channels, their pairs are kept and shown until one pair for all is asked for.
    """

    def __init__(self, **options: Any) -> None:
        self.black = _count(0, "Count that becomes black")
        self.white = _count(65535, "Count that becomes white")
        self.one_pair = PushButton(text="One for all", tooltip="One pair of limits to edit here")
        self.said = Note()
        self._pairs: Any = ()
        self._one, self._many = (
            line(self.black, "to", self.white),
            line(self.said, self.one_pair, stretch=0),
        )
        super().__init__(edited=(self.black, self.white), below=(self._one, self._many), **options)
        self.one_pair.changed.connect(self._on_one_pair)
        self._show()

    def get_value(self) -> Any:
        return self._pairs or (self.black.value, self.white.value)

    def set_value(self, value: Any) -> None:
        if value is not None:
            pairs: Any = pairs_of(value)
            self._pairs = pairs if len(pairs) > 1 else ()
            low, high = pairs[0]
            with self.changed.blocked():
                self.black.value, self.white.value = low, high
        self._show()
        self.tell()

    def _on_one_pair(self) -> None:
        self.value = self._pairs[0]

    def _show(self) -> None:
        self.said.value = "\n".join(f"{low:.12g} to {high:.12g}" for low, high in self._pairs)
        self._many.visible, self._one.visible = bool(self._pairs), not self._pairs


class Percentile(Compound):
    """Two percentages; both empty: the smallest and the largest count."""

    def __init__(self, **options: Any) -> None:
        self.low = Text("0", tooltip="Percentile that becomes black")
        self.high = Text("100", tooltip="Percentile that becomes white")
        super().__init__(self.low, "to", self.high, edited=(self.low, self.high), **options)

    def get_value(self) -> Any:
        low, high = self.low.value, self.high.value
        return (low or "0", high or "100") if low or high else None

    def set_value(self, value: Any) -> None:
        with self.changed.blocked():
            self.low.value, self.high.value = value or (None, None)
        self.tell()


def _fix_width(widget: Any, width_px: int) -> None:
    widget.native.setFixedWidth(width_px)


def _show(field: Any, value: Any) -> None:
    """Show a value without a word about it."""
    with field.changed.blocked():
        field.value = value


def _length(low: int, tooltip: str) -> SpinBox:
    field = SpinBox(value=low, min=low, max=_MAX_CROP_PX, tooltip=tooltip)
    field.native.setAccessibleName(tooltip)
    # The box is dragged on the canvas; there is no room for arrows, nor for the width that
    # napari's style sheet gives a spin box at least.
    field.native.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
    field.native.setStyleSheet("QAbstractSpinBox { min-width: 0; padding: 1px; }")
    _fix_width(field, _SIDE_WIDTH_PX)
    return field


def _count(value: float, tooltip: str) -> FloatSpinBox:
    return FloatSpinBox(value=value, min=-1e12, max=1e12, step=1, tooltip=tooltip)
