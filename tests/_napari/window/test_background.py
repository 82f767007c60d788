"""Work off the GUI thread, and what the desktop does, without a viewer."""

from __future__ import annotations

import gc
import threading
import time

import pytest

pytest.importorskip("napari")

from napari.utils.notifications import notification_manager
from qtpy.QtCore import QObject, QSettings, QUrl
from qtpy.QtGui import QDesktopServices, QGuiApplication

from napari_tif2video._napari.background import Background
from napari_tif2video._napari.desktop import keep, open_file, stored, to_clipboard


class Work:
    """Some work that goes on when it is let, and what came of it."""

    def __init__(self, **options):
        self.parent, self.said, self.begun, self.threads = QObject(), [], [], []
        self.go_on = threading.Event()
        self.background = Background(
            self.parent,
            lambda result: self.say("done", result),
            lambda error: self.say("failed", error),
            **options,
        )

    def say(self, *words):
        assert threading.current_thread() is threading.main_thread()
        self.said.append(words)

    def ask(self, name, error=None):
        def work(is_stale):
            assert threading.current_thread() is not threading.main_thread()
            assert threading.current_thread().daemon
            self.threads.append(threading.current_thread())
            self.begun.append(name)
            assert self.go_on.wait(20)
            self.background.call(self.say, name, is_stale())
            if error is not None:
                raise error
            return name.upper()

        self.background.request(work)


@pytest.fixture
def work(qapp):
    work = Work()
    yield work
    work.go_on.set()


def test_what_is_asked_for_is_done_and_said(work, wait):
    assert not work.background.is_busy
    work.ask("a")
    assert work.background.is_busy
    work.go_on.set()
    wait(lambda: not work.background.is_busy)
    assert work.said == [("a", False), ("done", "A")]
    error = ValueError("no")
    work.ask("b", error)
    wait(lambda: not work.background.is_busy)
    assert work.said[2:] == [("b", False), ("failed", error)]


def test_the_newest_request_wins(work, wait):
    work.ask("never begun")
    work.ask("a")
    wait(lambda: work.begun)
    for name in ("b", "c"):
        work.ask(name)
    assert work.begun == ["a"]
    work.go_on.set()
    wait(lambda: not work.background.is_busy)
    assert work.begun == ["a", "c"]
    assert work.said == [("a", True), ("c", False), ("done", "C")]


def test_what_is_cancelled_is_not_heard_of(work, wait):
    work.ask("waits")
    work.background.cancel()
    assert not work.background.is_busy
    work.ask("runs")
    wait(lambda: work.begun)
    work.ask("waits, too")
    work.background.cancel()
    assert work.background.is_busy
    work.go_on.set()
    wait(lambda: not work.background.is_busy)
    assert work.begun == ["runs"]
    assert work.said == [("runs", True)]
    work.ask("after")
    wait(lambda: not work.background.is_busy)
    assert work.said[1:] == [("after", False), ("done", "AFTER")]


def test_it_waits_for_what_runs_so_long(work, wait):
    work.background.join(5)  # nothing runs
    work.ask("a")
    wait(lambda: work.begun)
    begun = time.monotonic()
    work.background.join(0.05)  # in vain, or it would wait for ever
    assert time.monotonic() - begun >= 0.05
    assert work.background.is_busy
    threading.Timer(0.05, work.go_on.set).start()
    work.background.join(60)
    assert time.monotonic() - begun < 60
    assert work.said == []  # it has come to its end, of which nobody was told yet
    wait(lambda: not work.background.is_busy)
    assert work.said == [("a", False), ("done", "A")]


def test_requests_may_come_late(qapp, wait):
    work = Work(delay_ms=100)
    work.go_on.set()
    asked = time.monotonic()

    def begins():  # though it is asked for something else all the time
        work.ask("a")
        return work.begun

    wait(begins)
    assert time.monotonic() - asked > 0.09
    wait(lambda: not work.background.is_busy)
    assert work.said[-2:] == [("a", False), ("done", "A")]


def test_a_window_that_was_closed_is_told_nothing(qapp, wait):
    work = Work()
    work.ask("a")
    wait(lambda: work.begun)
    del work.parent
    gc.collect()
    assert not _is_alive(work.background)
    work.go_on.set()
    work.threads[0].join(10)
    assert not work.threads[0].is_alive()
    assert work.said == []


def _is_alive(qobject):
    try:
        qobject.objectName()
    except RuntimeError:
        return False
    return True


def test_threads_that_dask_made_for_a_request_go_with_it(work, wait):
    import dask
    import dask.threaded

    names = []

    def compute(is_stale):
        with dask.config.set(scheduler="threads", num_workers=2):
            names.append(dask.delayed(threading.current_thread)().compute().name)
        mine = dask.threaded.pools[threading.current_thread()]
        return list(mine.values())

    work.background.request(compute)
    wait(lambda: not work.background.is_busy)
    ((word, pools),) = work.said
    assert word == "done"
    assert pools
    for pool in pools:
        with pytest.raises(RuntimeError):
            pool.submit(print)
    assert not [thread for thread in dask.threaded.pools if not thread.is_alive()]


def test_what_is_remembered_is_in_a_file(qapp, tmp_path):
    keep({"folder": "/a b", "verify": "true"})
    keep({"verify": "false"})
    again = stored()
    assert again.format() == QSettings.Format.IniFormat
    assert again.scope() == QSettings.Scope.UserScope
    assert (again.organizationName(), again.applicationName()) == ("napari-tif2video",) * 2
    assert again.fileName() == str(
        tmp_path / "config" / "napari-tif2video" / "napari-tif2video.ini"
    )
    again.sync()
    assert {key: again.value(key) for key in again.allKeys()} == {
        "folder": "/a b",
        "verify": "false",
    }


def test_files_are_opened_where_they_are(qapp, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: opened.append(QUrl(url).toLocalFile())
    )
    there = tmp_path / "a #1 50%.mp4"
    there.touch()
    open_file(there)
    open_file(str(tmp_path))
    assert opened == [str(there), str(tmp_path)]
    notification_manager.records.clear()
    open_file(tmp_path / "gone.mp4")
    said = [(each.severity.name, each.message) for each in notification_manager.records]
    assert said == [("ERROR", "gone.mp4: is not there any more")]
    assert len(opened) == 2


def test_the_clipboard(qapp):
    to_clipboard("a text")
    assert QGuiApplication.clipboard().text() == "a text"
