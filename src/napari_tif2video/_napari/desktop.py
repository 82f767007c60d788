"""The user's desktop: it remembers values, opens files and has a clipboard. All of it is Qt."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from qtpy.QtCore import QSettings, QUrl
from qtpy.QtGui import QDesktopServices, QGuiApplication

from ..errors import SourceError
from .words import telling


def stored() -> QSettings:
    """What is remembered from one start to the next."""
    name = "napari-tif2video"
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, name, name)


def keep(values: Mapping[str, str]) -> None:
    """Remember these: not for the GUI thread, as Qt waits until they are on the disk."""
    settings = stored()
    for name, value in values.items():
        settings.setValue(name, value)


@telling()
def open_file(path: str | Path) -> None:
    """Open a file or folder in the program that is meant for it."""
    if not os.path.exists(path):
        raise SourceError(f"{path}: is not there any more")
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def to_clipboard(text: str) -> None:
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setText(text)
