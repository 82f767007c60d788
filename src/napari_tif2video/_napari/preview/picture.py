"""A picture that fills its room, and takes keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, Qt
from qtpy.QtGui import QImage, QPainter
from qtpy.QtWidgets import QSizePolicy, QWidget


def qt_image(rgb: NDArray[np.uint8]) -> QImage:
    """An image of Qt with pixels of its own."""
    height, width = rgb.shape[:2]
    data = rgb.tobytes()
    # A copy, as Qt's image would need the data as long as it lives.
    return QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


class Picture(QWidget):
    """An RGB image that fills its room and keeps its ratio.

    Parameters
    ----------
    name : str
        For those who do not see it.
    keys : mapping
        What keys do while it has the focus.
    click : callable, optional
        What a click does.
    """

    def __init__(
        self,
        name: str,
        keys: Mapping[Qt.Key, Callable[[], object]],
        click: Callable[[], object] | None = None,
    ) -> None:
        super().__init__()
        self.image: QImage | None = None
        self._keys, self._click = keys, click
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        if click is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_image(self, image: QImage | None) -> None:
        """Show an image, or none."""
        self.image = image
        self.update()

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        act = self._keys.get(event.key())
        if act is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif not (event.isAutoRepeat() and event.key() == Qt.Key.Key_Space):
            act()

    def mouseReleaseEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        is_click = event.button() == Qt.MouseButton.LeftButton
        if is_click and self._click is not None and self.rect().contains(event.pos()):
            self._click()

    def paintEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        if self.image is None:
            return
        ratio = self.devicePixelRatioF()
        keep, smooth = (
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        scaled = self.image.scaled(self.size() * ratio, keep, smooth)
        scaled.setDevicePixelRatio(ratio)
        room = self.rect()
        left = (room.width() - scaled.width() / ratio) / 2
        top = (room.height() - scaled.height() / ratio) / 2
        painter = QPainter(self)
        painter.setOpacity(1 if self.isEnabled() else 0.4)
        painter.drawImage(QPointF(left, top), scaled)
        if self.hasFocus() and not self.isWindow():
            painter.setPen(self.palette().highlight().color())
            painter.drawRect(room.adjusted(0, 0, -1, -1))
        painter.end()
