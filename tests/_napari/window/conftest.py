"""A real viewer with the dock widget, opened the way a user opens it."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
import time

import pytest
from helpers.threads import threads_since

os.environ["NAPARI_CONFIG"] = ""  # the settings of whoever runs the tests are not read or written


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


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    """What a test began in the background has ended with it."""
    before = set(threading.enumerate())
    yield
    assert let_work(lambda: not threads_since(before), 5), "threads were left behind"


@contextlib.contextmanager
def a_viewer():
    """A viewer as plugins see it; when it is closed, nothing of its window is left."""
    import napari
    from napari._qt.qt_viewer import QtViewer
    from napari.settings import get_settings
    from napari.utils._proxies import PublicOnlyProxy

    from napari_tif2video._napari.source.opening import make_canvas_current

    get_settings().application.save_window_geometry = False  # else the last one has a say in it
    viewer = napari.Viewer(show=True)
    viewer.layers.events.removing.connect(make_canvas_current)  # napari alone may crash there
    yield PublicOnlyProxy(viewer)
    with contextlib.suppress(RuntimeError, AttributeError):  # the test closed it
        viewer.close()
    del viewer
    let_work(lambda: gc.collect() and not len(QtViewer._instances), 5)
    left = len(QtViewer._instances)
    QtViewer._instances.clear()
    assert not left, "something holds the window of a viewer that was closed"


@pytest.fixture(scope="module")
def _shared_viewer(qapp):
    with a_viewer() as viewer:
        yield viewer
        gc.unfreeze()


@pytest.fixture
def viewer(_shared_viewer):
    """An empty viewer, the same for all tests of a module: opening and closing one takes long."""
    from napari_tif2video._napari.layers import TEMPORARY

    viewer = _shared_viewer
    gc.collect()
    gc.freeze()  # nor is what tests before this one imported
    listening = listeners(viewer)
    yield viewer
    viewer.window.remove_dock_widget("all")
    let_work(lambda: listeners(viewer) == listening, 5)
    assert listeners(viewer) == listening, "a widget that is closed listens on"
    ours = [layer.name for layer in viewer.layers if TEMPORARY in layer.metadata]
    assert not ours, f"a widget that is closed left layers behind: {ours}"
    viewer.layers.clear()
    viewer.dims.ndisplay = 2
    viewer.dims.reset()
    viewer.cursor.style = "standard"


@pytest.fixture
def fresh_viewer(qapp):
    """A viewer of its own, for tests that close it or look for what stays behind."""
    with a_viewer() as viewer:
        yield viewer


def listeners(viewer):
    """How many listen to the viewer."""
    emitters = [viewer.dims.events.current_step]
    emitters += [getattr(viewer.layers.events, name) for name in ("inserted", "removed")]
    callbacks = [viewer.mouse_drag_callbacks, viewer.mouse_move_callbacks]
    return [len(emitter.callbacks) for emitter in emitters] + [len(one) for one in callbacks]


def let_work(condition, timeout_s):
    """Let the window work until something is true; whether it is."""
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + timeout_s
    while not (happened := condition()) and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)
    return happened


@pytest.fixture
def wait():
    """Let the window work until something is true."""

    def until(condition):
        assert let_work(condition, 60), "it did not happen in time"

    return until


@pytest.fixture
def errors(monkeypatch):
    """The errors that were shown."""
    shown = []
    monkeypatch.setattr("napari_tif2video._napari.words.show_error", shown.append)
    return shown


@pytest.fixture
def opened_elsewhere(monkeypatch):
    """What was opened in other programs."""
    from qtpy.QtCore import QUrl
    from qtpy.QtGui import QDesktopServices

    paths = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: paths.append(QUrl(url).toLocalFile())
    )
    return paths


@pytest.fixture
def form(qtbot):
    from napari_tif2video._napari.form import SettingsForm

    form = SettingsForm()
    qtbot.addWidget(form.native)
    return form


@pytest.fixture
def folders(qtbot):
    from napari_tif2video._napari.source import FolderList

    folders = FolderList()
    qtbot.addWidget(folders)
    return folders


class Disk:
    """Answers at once, or, for files in the folder `held`, when it is let go."""

    def __init__(self):
        self.held = None
        self.asked, self._answers = threading.Event(), threading.Event()
        self.asking: list[threading.Thread] = []

    def hold(self, folder):
        self.held = str(folder)

    def let_go(self):
        self._answers.set()

    def read(self, path):
        if self.held is not None and str(path).startswith(self.held):
            self.asking.append(threading.current_thread())
            self.asked.set()
            assert self._answers.wait(20)


@pytest.fixture
def disk(monkeypatch):
    """The disk that TIFF files are on, which a test may make slow."""
    import tifffile

    disk, original = Disk(), tifffile.TiffFile.__init__

    def opened(self, file, *args, **options):
        disk.read(file)
        original(self, file, *args, **options)

    monkeypatch.setattr(tifffile.TiffFile, "__init__", opened)
    yield disk
    disk.let_go()


@pytest.fixture(scope="session")
def _plugins():
    """The manifests, which are read once: there are hundreds of packages to look for them in."""
    import npe2

    npe2.PluginManager.instance().discover()


@pytest.fixture
def open_widget(viewer, _plugins):
    """Open the dock widget through the manifest, in a viewer with the layers it is given."""
    return opener(viewer)


@pytest.fixture
def open_widget_in_fresh_viewer(fresh_viewer, _plugins):
    return opener(fresh_viewer)


def opener(viewer):
    from qtpy.QtWidgets import QApplication

    def opened(*images, **options):
        for image in images:
            viewer.add_image(image, **options)
        _, widget = viewer.window.add_plugin_dock_widget("napari-tif2video")
        QApplication.processEvents()
        return viewer, widget

    return opened
