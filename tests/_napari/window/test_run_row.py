"""How a run is told of: without a viewer, and with a pipeline that does what the test says."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("napari")

from helpers.window import finished
from napari.utils.notifications import notification_manager
from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtWidgets import QFileDialog

import napari_tif2video as t2v
from napari_tif2video._napari.desktop import stored
from napari_tif2video._napari.run import RunRow, runner
from napari_tif2video._napari.run.runner import Order
from napari_tif2video.errors import Cancelled, OutputError, SourceError
from napari_tif2video.pipeline import Progress
from napari_tif2video.videos import SourceJob


class Steps(QObject):
    """Lets the thread of a run wait until the window has shown what it was told."""

    reached = Signal()

    def __init__(self, look):
        super().__init__()
        self.look, self.seen = look, []
        self.reached.connect(self.note, Qt.ConnectionType.BlockingQueuedConnection)

    def note(self):
        self.seen.append(self.look())


class Pipeline:
    """In place of the one that makes videos: tells of progress and results as it is told to.

    `script` has for each job what happens: a time and a share of progress, or a video, or an
    error that ends the run. Each begins by being started.
    """

    def __init__(self, monkeypatch, run):
        self.clock, self.script, self.asked = 1000.0, [], []
        self.steps = Steps(lambda: (run.bar.native.format(), run.bar.value))
        monkeypatch.setattr(runner, "time", SimpleNamespace(monotonic=lambda: self.clock))
        monkeypatch.setattr(runner, "run_jobs", self.run)

    def run(self, jobs, execution, *, overwrite, verify, started):
        self.asked.append((jobs, overwrite, verify))
        for index, happens in enumerate(self.script):
            started(index, jobs[index])
            for each in happens:
                if isinstance(each, Exception):
                    raise each
                if isinstance(each, t2v.Video):
                    yield index, each
                elif callable(each):
                    each()
                    if execution.cancel():
                        raise Cancelled("stopped")
                else:
                    self.clock, share = each
                    execution.progress(Progress("encoding", round(1000 * share), 1000, 3))
                    self.steps.reached.emit()


@pytest.fixture
def run(qtbot):
    run = RunRow()
    qtbot.addWidget(run.native)
    run.native.show()
    notification_manager.records.clear()
    return run


@pytest.fixture
def pipeline(monkeypatch, run):
    return Pipeline(monkeypatch, run)


def order_of(*names, states=None, plan=None, **options):
    jobs = [SourceJob(f"/in/{name}.tif", plan=plan, output=Path(f"/out/{name}")) for name in names]
    if not names:
        jobs = [SourceJob("/in/nothing.tif")]
    told = (lambda *_: None) if states is None else (lambda *state: states.append(state))
    values = {"overwrite": False, "verify": False, "kept": {}} | options
    return Order(jobs, lambda job: [job.source], told, **values)


def made(name="a.mp4", **facts):
    return finished(f"/in/{name}.tif", Path(f"/out/{name}"), **facts)


def failed(name, error):
    return t2v.Video(f"/in/{name}.tif", "failed", Path(f"/out/{name}"), error=error)


def said():
    found = [(each.severity.name, each.message) for each in notification_manager.records]
    notification_manager.records.clear()
    return found


def carry_out(run, wait, order):
    run.start(order)
    wait(lambda: not run.is_running)


LIMITS = "limits 100 to 4000 (global), 0 % of the values clipped"


def test_at_rest_nothing_is_shown(run):
    parts = {
        run.cancel_button: ("Cancel", "Stop making the video"),
        run.log_button: ("Log…", "Save a table with a row for each video, as CSV"),
        run.go_on_button: ("Go on", "Make the videos that wait"),
        run.remove_button: ("Take out", "Choose which of the videos that wait are not made"),
    }
    for part, words in parts.items():
        assert (part.text, part.tooltip) == words
    for part in (*parts, run.facts, run.failure, run.next, run.bar, run.card):
        assert not part.native.isVisible()
    assert (run.bar.min, run.bar.max) == (0, 1000)
    assert (run.is_running, run.is_preparing) == (False, False)
    assert (run.videos, run.waiting, run.outputs) == ([], [], set())


def test_one_video(run, wait, pipeline):
    states, signals = [], []
    run.began.connect(lambda: signals.append(("began", run.is_running)))
    run.ended.connect(lambda: signals.append(("ended", run.is_running)))
    video = made(notes=("gamma: is 1", "try --gamma 0.5"))
    pipeline.script = [[(1010.0, 0.25), video]]
    order = order_of("a.mp4", states=states, overwrite=True, kept={"verify": "true"})
    run.start(order)
    assert run.bar.native.isVisible()
    assert run.cancel_button.native.isVisible()
    assert run.outputs == {Path("/out/a.mp4")}
    wait(lambda: not run.is_running)
    assert signals == [("began", True), ("ended", False)]
    assert pipeline.asked == [(order.jobs, True, False)]
    assert states == [
        (0, "waiting", ""),
        (0, "running", ""),
        (0, "25 %", ""),
        (0, "done", f'{LIMITS}\ngamma: is 1\ntry "Gamma" 0.5'),
    ]
    assert pipeline.steps.seen == [("%p % · 30 s left", 250)]
    assert run.videos == order.videos == [video]
    assert stored().value("verify") == "true"
    facts = f"320×240 · 2.5 s · 0 kB\n{LIMITS}"
    assert json.loads(stored().value("videos")) == [["/out/a.mp4", facts]]
    assert said() == [
        ("WARNING", "Gamma: is 1"),
        ("WARNING", 'try "Gamma" 0.5'),
        ("INFO", "Saved a.mp4"),
    ]
    for part in (run.bar, run.log_button, run.facts, run.failure, run.next):
        assert not part.native.isVisible()
    assert run.outputs == set()
    card = run.card.shown
    assert (card.path, card.facts) == (video.output, facts)
    assert card.origins == {"/in/a.mp4.tif"}
    assert run.card.headline.isExpanded()
    # While another one is made it is folded.
    run.start(order_of("b.mp4"))
    assert run.card.visible
    assert not run.card.headline.isExpanded()
    assert (run.bar.native.format(), run.bar.value) == ("%p %", 0)
    wait(lambda: not run.is_running)


def test_what_was_known_before_is_not_said_again(run, wait, pipeline):
    plan = SimpleNamespace(notes=("gamma is 1",))
    pipeline.script = [[made(notes=("gamma is 1", "two", "three"))]]
    carry_out(run, wait, order_of("a.mp4", plan=plan))
    assert said() == [("WARNING", "two"), ("WARNING", "three"), ("INFO", "Saved a.mp4")]


@pytest.mark.parametrize(
    ("jobs", "before", "clock", "share", "shown"),
    [
        (1, 0, 1010.0, 0.0, ("%p %", 0)),
        (1, 0, 1010.0, 0.02, ("%p %", 20)),
        (1, 0, 1010.0, 0.021, ("%p % · 8 min left", 21)),
        (1, 0, 1010.0, 0.1, ("%p % · 90 s left", 100)),
        (1, 0, 1099.4, 0.5, ("%p % · 99 s left", 500)),
        (1, 0, 1100.0, 0.5, ("%p % · 2 min left", 500)),
        (1, 0, 1100.0, 1.0, ("%p % · 0 s left", 1000)),
        (2, 0, 1010.0, 0.5, ("%p % · 30 s left", 250)),
        (2, 1, 1010.0, 0.5, ("%p % · 3 s left", 750)),
        (4, 1, 1010.0, 0.0, ("%p % · 30 s left", 250)),
    ],
)
def test_how_long_it_takes_yet(run, wait, pipeline, jobs, before, clock, share, shown):
    names = [f"{n}.mp4" for n in range(jobs)]
    pipeline.script = [[made(name)] for name in names]
    pipeline.script[before].insert(0, (clock, share))
    states = []
    carry_out(run, wait, order_of(*names, states=states))
    assert pipeline.steps.seen == [shown]
    assert (before, f"{100 * share:.0f} %", "") in states


def test_progress_is_shown_as_often_as_it_can_be_seen(run, wait, pipeline):
    pipeline.clock = 0.0
    times = [(0.1, 0.1), (0.2, 0.2), (0.3, 0.25), (0.45, 0.4), (0.5, 0.5), (0.75, 0.625)]
    pipeline.script = [[*times, made()]]
    carry_out(run, wait, order_of("a.mp4"))
    assert [value for _, value in pipeline.steps.seen] == [0, 200, 200, 400, 400, 625]


def test_several_videos(run, wait, pipeline):
    names, states = ["a.mp4", "b.mp4", "c.mp4"], []
    videos = [
        made("a.mp4", psnr_mean_db=50.0, psnr_worst_db=45.26, notes=("dim",)),
        failed("b.mp4", "crop: is outside of /in/b/t1.tif"),
        made("c.mp4", psnr_mean_db=50.0, psnr_worst_db=47.0),
    ]
    pipeline.script = [[video] for video in videos]
    order = order_of(*names, states=states, verify=True)
    carry_out(run, wait, order)
    assert pipeline.asked == [(order.jobs, False, True)]
    assert states == [
        *((n, "waiting", "") for n in range(3)),
        (0, "running", ""),
        (
            0,
            "done",
            f"{LIMITS}\nverified: 25 frames in order, PSNR 50.0 dB, worst frame 45.3 dB\ndim",
        ),
        (1, "running", ""),
        (1, "failed", "Crop: is outside of /in/b/t1.tif"),
        (2, "running", ""),
        (2, "done", f"{LIMITS}\nverified: 25 frames in order, PSNR 50.0 dB, worst frame 47.0 dB"),
    ]
    assert run.videos == videos
    assert said() == [
        ("WARNING", "a.mp4.tif: dim"),
        ("ERROR", "3 videos: 2 done, 1 failed"),
    ]
    assert run.facts.value == "verified: worst frame of all 45.3 dB PSNR"
    assert run.facts.native.isVisible()
    assert run.failure.value == "Crop: is outside of t1.tif"
    assert run.failure.tooltip == "Crop: is outside of /in/b/t1.tif"
    assert run.failure.native.isVisible()
    assert run.log_button.visible
    assert run.card.shown.path == Path("/out/c.mp4")
    assert not run.card.headline.isExpanded()
    # The next run forgets all that.
    pipeline.script = [[made("d.mp4")], [made("e.mp4")]]
    order = order_of("d.mp4", "e.mp4")
    run.start(order)
    for part in (run.facts, run.failure, run.log_button):
        assert not part.native.isVisible()
    assert run.videos == []
    wait(lambda: not run.is_running)
    assert said() == [("INFO", "2 videos: 2 done, 0 failed")]
    assert run.facts.value == run.failure.value == ""
    assert not run.facts.native.isVisible()
    assert not run.failure.native.isVisible()
    assert run.log_button.visible


def test_few_failures_are_named(run, wait, pipeline):
    for errors, shown in (
        (["one"], "one"),
        (["one", None], "one\nfailed"),
        (["one", "two", "three"], "one\ntwo\nand 1 more: see their rows, or the log"),
        (["one", "two", "three", "four"], "one\ntwo\nand 2 more: see their rows, or the log"),
    ):
        names = [f"{n}.mp4" for n in range(len(errors) + 1)]
        pipeline.script = [
            [failed(name, error)] for name, error in zip(names, errors, strict=False)
        ]
        pipeline.script.append([made(names[-1])])
        carry_out(run, wait, order_of(*names))
        assert run.failure.value == shown
        assert run.failure.tooltip == "\n".join(error or "failed" for error in errors)
        assert said() == [("ERROR", f"{len(names)} videos: 1 done, {len(errors)} failed")]


def test_one_that_fails(run, wait, pipeline):
    states = []
    for error, shown in (("/in/a/t1.tif: damaged", "t1.tif: damaged"), (None, "failed")):
        pipeline.script = [[failed("a.mp4", error)]]
        carry_out(run, wait, order_of("a.mp4", states=states))
        assert said() == [("ERROR", shown)]
        assert run.failure.value == shown
        assert states.pop() == (0, "failed", error or "")
        assert not run.log_button.visible
        assert run.card.shown is None


def test_one_that_is_skipped(run, wait, pipeline, tmp_path):
    states = []
    skipped = t2v.Video("/in/a.tif", "skipped", tmp_path / "a.mp4", notes=("it differs",))
    pipeline.script = [[skipped]]
    carry_out(run, wait, order_of("a.mp4", states=states))
    assert states[-1] == (0, "skipped", "it differs")
    assert said() == [("WARNING", "it differs")]
    assert run.card.shown is None
    # Where nothing is to be skipped when its turn comes, it is made.
    order = order_of("a.mp4", "b.mp4", "c.mp4")
    (tmp_path / "b.mp4").touch()
    for job, name in zip(order.jobs, "abc", strict=True):
        job.output, job.skip = tmp_path / f"{name}.mp4", name != "c"
    (tmp_path / "c.mp4").touch()
    pipeline.script = [[made(name)] for name in "abc"]
    carry_out(run, wait, order)
    assert [job.skip for job in order.jobs] == [False, True, False]


def test_an_error_ends_the_run(run, wait, pipeline):
    states = []
    pipeline.script = [[made("a.mp4")], [OutputError("/out: no room: fps: 3")]]
    carry_out(run, wait, order_of("a.mp4", "b.mp4", "c.mp4", states=states))
    assert states[-1] == (2, "cancelled", "")
    assert states[-2] == (1, "cancelled", "")
    assert (0, "cancelled", "") not in states
    assert said() == [("ERROR", "/out: no room: fps: 3")]
    assert run.failure.value == "/out: no room: fps: 3"
    assert run.failure.tooltip == "/out: no room: fps: 3"
    assert not run.log_button.visible
    # With those that failed before it.
    pipeline.script = [[failed("a.mp4", "one")], [failed("b.mp4", "two")], [ValueError("odd")]]
    carry_out(run, wait, order_of("a.mp4", "b.mp4", "c.mp4"))
    assert said() == [("ERROR", "unexpected ValueError: odd")]
    assert run.failure.value == (
        "unexpected ValueError: odd\none\nand 1 more: see their rows, or the log"
    )
    assert run.failure.tooltip == "unexpected ValueError: odd\none\ntwo"
    assert run.log_button.visible


def test_cancel(run, wait, pipeline):
    states = []
    pipeline.script = [[made("a.mp4")], [lambda: run._is_cancelled.wait(20)]]
    run.start(order_of("a.mp4", "b.mp4", "c.mp4", states=states))
    wait(lambda: (1, "running", "") in states)
    run.cancel_button.native.click()
    assert run.bar.native.format() == "Cancelling…"
    wait(lambda: not run.is_running)
    assert states[-2:] == [(1, "cancelled", ""), (2, "cancelled", "")]
    assert said() == [("INFO", "Cancelled; nothing half-made was left.")]
    assert [video.output.name for video in run.videos] == ["a.mp4"]
    assert run.failure.value == ""


@pytest.mark.parametrize(
    ("names", "message"), [("a", "Saved a"), ("ab", "2 videos: 2 done, 0 failed")]
)
def test_cancel_comes_too_late(run, wait, pipeline, names, message):
    pipeline.script = [[made(name)] for name in names]
    states = []

    def told(*state):
        states.append(state)
        if state[:2] == (len(names) - 1, "done"):
            run.cancel()

    order = order_of(*names)
    order.on_state = told
    carry_out(run, wait, order)
    assert said() == [("INFO", message)]
    assert states[-1][:2] == (len(names) - 1, "done")


def test_what_waits(run, wait, pipeline):
    began, states = [], []
    run.began.connect(lambda: began.append((run.bar.native.format(), run.bar.value)))
    pipeline.script = [[lambda: run._is_cancelled.wait(20)]]
    run.start(order_of("a.mp4"))
    run.start(order_of("b.mp4", "c.mp4", states=states))
    assert run.next.value == "Next: b.mp4 and 1 more"
    run.start(order_of())
    run.start(order_of("d.mp4", states=states))
    assert states == [(0, "waiting", ""), (1, "waiting", ""), (0, "waiting", "")]
    assert run.next.value == "Next: b.mp4 and 1 more, nothing.tif and 1 more"
    assert run.next.tooltip == "b.mp4 and 1 more\nnothing.tif\nd.mp4"
    assert run.outputs == {Path(f"/out/{name}.mp4") for name in "abcd"}
    assert (run.next.native.isVisible(), run.go_on_button.native.isVisible()) == (True, False)
    menu = run.remove_button.native.menu()
    for _ in range(2):
        menu.aboutToShow.emit()
        texts = [action.text() for action in menu.actions()]
        assert texts == ["b.mp4 and 1 more", "nothing.tif", "d.mp4", "All"]
    chosen, all_of_them = menu.actions()[1], menu.actions()[3]
    chosen.trigger()
    assert [order.title for order in run.waiting] == ["b.mp4 and 1 more", "d.mp4"]
    chosen.trigger()  # it is out already
    assert len(run.waiting) == 2
    run.cancel()
    wait(lambda: not run.is_running)
    assert run.next.value == "Not begun: b.mp4 and 1 more, d.mp4"
    assert (run.next.native.isVisible(), run.go_on_button.native.isVisible()) == (True, True)
    assert began == [("%p %", 0)]
    # Go on: both, one after the other.
    pipeline.script = [[(1010.0, 0.5), made("b.mp4")]]
    run.go_on_button.native.click()
    assert run.next.value == "Next: d.mp4"
    wait(lambda: not run.is_running)
    assert began == [("%p %", 0)] * 3
    # Both tell of progress at the same time, and so the second is not shown.
    assert [value for _, value in pipeline.steps.seen] == [250, 0]
    assert not run.next.native.isVisible()
    assert [len(jobs) for jobs, *_ in pipeline.asked] == [1, 2, 1]
    assert len(run.videos) == 2
    # All at once.
    stopped = []
    pipeline.script = [[lambda: (run._is_cancelled.wait(20), time.sleep(0.1), stopped.append(1))]]
    del states[:]
    run.start(order_of("a.mp4", states=(first := [])))
    for name in ("b", "c"):
        run.start(order_of(f"{name}.mp4", states=states))
    all_of_them.trigger()
    assert run.waiting == []
    assert states == [(0, "waiting", "")] * 2 + [(0, "cancelled", "")] * 2
    assert not run.next.native.isVisible()
    run.start(order_of("d.mp4", states=states))
    wait(lambda: (0, "running", "") in first)
    run.stop(20)
    assert stopped == [1]
    assert run.waiting == []
    assert states[-1] == (0, "cancelled", "")
    wait(lambda: not run.is_running)
    assert not run.next.native.isVisible()


def test_an_order_names_all_that_it_writes():
    order = order_of("a.mp4", "b.mp4")
    order.jobs[1].sidecar = Path("/out/b.json")
    order.jobs.append(SourceJob("/in/c.tif"))
    assert order.title == "a.mp4 and 2 more"
    assert order.outputs == {Path(f"/out/{name}") for name in ("a.mp4", "b.mp4", "b.json")}


def test_sources_are_planned_before(run, wait, pipeline):
    signals, got = [], []
    run.began.connect(lambda: signals.append("began"))
    run.ended.connect(lambda: signals.append("ended"))
    run.prepare(lambda: ["a job"], lambda jobs: got.append((jobs, run.is_preparing)))
    assert (run.is_running, run.is_preparing) == (True, True)
    assert run.bar.native.format() == "Opening the sources…"
    assert run.bar.native.isVisible()
    assert signals == ["began"]
    wait(lambda: not run.is_preparing)
    assert got == [(["a job"], True)]
    assert signals == ["began", "ended"]
    assert not run.is_running
    assert not run.bar.native.isVisible()

    # One that fails, and one that is cancelled.
    def fail():
        raise SourceError("/in/a/t1.tif: fps: damaged")

    run.prepare(fail, got.append)
    wait(lambda: not run.is_preparing)
    assert said() == [("ERROR", "t1.tif: fps: damaged")]
    assert signals == ["began", "ended"] * 2
    run.prepare(lambda: ["never"], got.append)
    run.cancel_button.native.click()
    assert not run.is_running
    assert not run.bar.native.isVisible()
    assert signals == ["began", "ended"] * 3
    wait(lambda: not run._planning.is_busy)
    assert len(got) == 1
    assert said() == []
    # While a video is made, its bar stays.
    pipeline.script = [[lambda: run._is_cancelled.wait(20)]]
    run.start(order_of("a.mp4"))
    run.prepare(list, got.append)
    assert run.bar.native.format() == "%p %"
    wait(lambda: not run.is_preparing)
    assert run.is_running
    assert run.bar.native.isVisible()
    run.cancel()
    wait(lambda: not run.is_running)


def test_the_log(run, wait, pipeline, tmp_path, monkeypatch):
    asked = []

    def answer(*words, name=""):
        asked.append(words)
        return name, ""

    pipeline.script = [[made("a.mp4")], [failed("b.mp4", "no")]]
    carry_out(run, wait, order_of("a.mp4", "b.mp4"))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    run.log_button.native.click()
    assert asked == [(run.native, "Save log", "videos.csv", "CSV (*.csv)")]
    path = tmp_path / "log.csv"
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *words: answer(*words, name=str(path))
    )
    run.ask_for_log()
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [(row["source"], row["status"], row["error"]) for row in rows] == [
        ("/in/a.mp4.tif", "ok", ""),
        ("/in/b.mp4.tif", "failed", "no"),
    ]
