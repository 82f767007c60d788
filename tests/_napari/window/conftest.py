"""A real viewer with the dock widget, opened the way a user opens it."""

from __future__ import annotations

import gc
import os
import sys
import time

import pytest


def why_not() -> str:
    """Why no window can be opened here; nothing when one can."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform == "linux" and not any(os.environ.get(name) for name in screens):
        return "there is no screen; `python3 scripts/dev.py test` makes one"  # Qt would abort
    try:
        import napari  # noqa: F401
        import pytestqt  # noqa: F401
        import qtpy  # noqa: F401
    except ImportError as exc:  # qtpy's own kinds included
        return f"the window needs napari, a Qt binding and pytest-qt: {exc}"
    return ""


class NotHere(pytest.Module):
    """A module that is skipped before it imports Qt."""

    def collect(self):
        pytest.skip(why_not(), allow_module_level=True)


def pytest_pycollect_makemodule(module_path, parent):
    return NotHere.from_parent(parent, path=module_path) if why_not() else None


@pytest.fixture(scope="session", autouse=True)
def _quick_garbage_collection():
    """Napari collects garbage for each layer that goes; what the imports made is never garbage."""
    import napari.viewer  # noqa: F401

    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _own_settings(tmp_path, monkeypatch):
    """What the widget remembers stays in the test."""
    from qtpy.QtCore import QSettings

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
        QSettings.setPath(QSettings.Format.IniFormat, scope, str(tmp_path / "config"))


@pytest.fixture
def wait():
    """Let the window work until something is true."""
    from qtpy.QtWidgets import QApplication

    def until(condition):
        end = time.monotonic() + 20.0
        while not condition():
            assert time.monotonic() < end, "it did not happen in time"
            QApplication.processEvents()
            time.sleep(0.005)

    return until


@pytest.fixture
def open_widget(make_napari_viewer_proxy):
    """Open the dock widget through the manifest, in a viewer with the layers it is given."""
    import npe2
    from qtpy.QtWidgets import QApplication

    npe2.PluginManager.instance().discover()
    viewer = make_napari_viewer_proxy(show=True)

    def opened(*images, **options):
        for image in images:
            viewer.add_image(image, **options)
        _, widget = viewer.window.add_plugin_dock_widget("napari-tif2video")
        QApplication.processEvents()
        return viewer, widget

    yield opened
    viewer.window.remove_dock_widget("all")
    for _ in range(20):
        QApplication.processEvents()
        time.sleep(0.005)
