"""What the Create button asks for: the jobs of layers and folders, without a viewer."""

from __future__ import annotations

from pathlib import Path

import pytest
import tifffile
from helpers.files import write_folder, write_pages
from helpers.frames import noise
from helpers.planning import planned

pytest.importorskip("napari")

from qtpy.QtWidgets import QFileDialog, QWidget

import napari_tif2video as t2v
from napari_tif2video._napari.run import Destination, automatic_name
from napari_tif2video._napari.run.jobs import (
    RowStates,
    Starter,
    folder_jobs,
    layer_jobs,
    settle_existing,
)
from napari_tif2video.videos import SourceJob

FULL = t2v.VideoSettings(width="full")
NAME = "full_10fps_video.mp4"


@pytest.fixture
def destination(qtbot):
    destination = Destination()
    qtbot.addWidget(destination.native)
    return destination


@pytest.fixture
def folder(tmp_path):
    return Path(write_folder(tmp_path / "cells", noise((3, 16, 20))))


@pytest.fixture
def file(tmp_path):
    return Path(write_pages(tmp_path / "pages.tif", noise((3, 16, 20))))


def plan_of(source):
    return planned(source, width="full")


def asking(monkeypatch, answer):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(answer))


def test_automatic_names(folder, file, tmp_path):
    names = {
        (folder, None): "20px_10fps_video.mp4",
        (folder, tmp_path): "cells_20px_10fps_video.mp4",
        (file, None): "pages_20px_10fps_video.mp4",
        (file, tmp_path): "pages_20px_10fps_video.mp4",
    }
    for (source, where), name in names.items():
        assert automatic_name(plan_of(source), where) == name
    array = plan_of(noise((3, 16, 20)))
    assert array.stack.path is None
    for where in (None, tmp_path):
        assert automatic_name(array, where) == f"{array.stack.name}_20px_10fps_video.mp4"


def test_the_job_of_a_layer(destination, folder, file, tmp_path, monkeypatch):
    asking(monkeypatch, "/never/asked")
    outputs = {
        folder: folder / "20px_10fps_video.mp4",
        file: tmp_path / "pages_20px_10fps_video.mp4",
    }
    for source, output in outputs.items():
        plan = plan_of(source)
        assert layer_jobs(plan, destination) == [SourceJob(plan.stack, plan=plan, output=output)]
    out = destination.folder = tmp_path / "out"
    plan = plan_of(folder)
    destination.sidecar.value = True
    expected = [out / f"cells_20px_10fps_video{ending}" for ending in (".mp4", ".json")]
    (job,) = layer_jobs(plan, destination)
    assert [job.output, job.sidecar] == expected
    destination.folder = None
    destination.name_edit.value = "mine"
    for source, place in ((folder, folder), (file, tmp_path)):
        (job,) = layer_jobs(plan_of(source), destination)
        assert [job.output, job.sidecar] == [place / "mine.mp4", place / "mine.json"]
    assert destination.folder is None


def test_a_layer_without_a_folder_asks_for_one(destination, tmp_path, monkeypatch):
    plan = plan_of(noise((3, 16, 20)))
    asking(monkeypatch, "")
    assert layer_jobs(plan, destination) == []
    asking(monkeypatch, tmp_path)
    name = f"{plan.stack.name}_20px_10fps_video.mp4"
    assert [job.output for job in layer_jobs(plan, destination)] == [tmp_path / name]
    asking(monkeypatch, "/never/asked")
    assert [job.output for job in layer_jobs(plan, destination)] == [tmp_path / name]


def outputs(jobs):
    assert all(job.problem is None and job.plan is not None for job in jobs)
    return [job.output for job in jobs]


def test_the_jobs_of_folders(folder, file, tmp_path):
    both, out = [str(folder), str(file)], tmp_path / "out"
    videos = [folder / "20px_10fps_video.mp4", tmp_path / "pages_20px_10fps_video.mp4"]
    jobs = folder_jobs(both, FULL, None, None)
    assert outputs(jobs) == videos
    assert [job.sidecar for job in jobs] == [None, None]
    assert [job.plan.settings for job in jobs] == [FULL, FULL]
    # The name is that of one video.
    assert outputs(folder_jobs(both, FULL, None, "mine.mp4")) == videos
    jobs = folder_jobs(both, FULL, out, None, sidecar=True)
    names = [f"{name}_20px_10fps_video" for name in ("cells", "pages")]
    assert outputs(jobs) == [out / f"{name}.mp4" for name in names]
    assert [job.sidecar for job in jobs] == [out / f"{name}.json" for name in names]
    # What exists is asked about, and no problem.
    videos[0].touch()
    assert outputs(folder_jobs(both, FULL, None, None)) == videos


def test_the_job_of_one_source_with_a_name_of_its_own(folder, file, tmp_path):
    out = tmp_path / "to be made"
    for source, place in ((folder, folder), (file, tmp_path)):
        assert outputs(folder_jobs([str(source)], FULL, None, "m.mp4")) == [place / "m.mp4"]
        assert outputs(folder_jobs([str(source)], FULL, out, "m.mp4")) == [out / "m.mp4"]
        (job,) = folder_jobs([str(source)], FULL, out, None)
        assert job.output == out / f"{source.stem}_20px_10fps_video.mp4"
        (job,) = folder_jobs([str(source)], FULL, tmp_path, "m.webm", sidecar=True)
        assert (job.output, job.sidecar) == (tmp_path / "m.webm", tmp_path / "m.json")
        assert job.plan.encoder.codec.name == "vp9"


def test_several_videos_of_one_source_have_automatic_names(tmp_path, file):
    two = tmp_path / "two.ome.tif"
    tifffile.imwrite(two, noise((2, 2, 16, 20)), metadata={"axes": "TCYX"}, ome=True)
    for channel, names in {
        "each": ["two_20px_10fps_ch0_video.mp4", "two_20px_10fps_ch1_video.mp4"],
        1: ["mine.mp4"],
    }.items():
        settings = t2v.VideoSettings(width="full", channel=channel)
        jobs = folder_jobs([str(two)], settings, None, "mine.mp4")
        assert outputs(jobs) == [tmp_path / name for name in names]
    # Each of one is one, with the name of all the same.
    ways = tmp_path / "ways.csv"
    ways.write_text("ID,frame,y,x\n7,0,5,5\n7,1,6,6\n7,2,7,7\n", encoding="utf-8")
    for options, name in (
        ({"channel": "each"}, "pages_20px_10fps_ch0_video.mp4"),
        ({"position": "each"}, "pages_20px_10fps_poseach_video.mp4"),
        (
            {"follow": str(ways), "follow_id": "each", "crop": "8x8"},
            "pages_8px_10fps_crop_8x8_batch_norm_follow_7_video.mp4",
        ),
    ):
        settings = t2v.VideoSettings(width="full", **options)
        jobs = folder_jobs([str(file)], settings, None, "mine.mp4")
        assert outputs(jobs) == [tmp_path / name]


def test_without_a_source_nothing_begins(destination, folders):
    for call in (
        lambda: folder_jobs([], FULL, None, None),
        lambda: Starter(RunStub(), destination, folders).start_folders(FULL),
    ):
        with pytest.raises(t2v.SettingsError) as raised:
            call()
        assert str(raised.value) == "add a folder first"


class RunStub:
    """Takes orders, and carries out none."""

    def __init__(self, outputs=()):
        self.outputs, self.native, self.orders, self.prepared = set(outputs), None, [], []

    def start(self, order):
        self.orders.append(order)

    def prepare(self, plan, then):
        self.prepared.append((plan, then))


def test_what_layers_order(destination, file, tmp_path, monkeypatch, folders):
    run, origins = RunStub(), {"a layer"}
    starter = Starter(run, destination, folders)
    plan = plan_of(file)
    assert starter.start_layers(FULL, plan, origins) is True
    (order,) = run.orders
    output = tmp_path / "pages_20px_10fps_video.mp4"
    assert order.jobs == [SourceJob(plan.stack, plan=plan, output=output)]
    assert order.origins_of(order.jobs[0]) is origins
    assert order.on_state(0, "running", "") is None
    assert (order.overwrite, order.verify) == (False, False)
    assert order.kept == destination.kept(FULL)
    output.touch()
    destination.verify.value = True
    destination.existing.value = "replace"
    assert starter.start_layers(FULL, plan, origins) is True
    assert (run.orders[1].overwrite, run.orders[1].verify) == (True, True)
    assert run.orders[1].kept["verify"] == "true"
    output.unlink()
    run.outputs.add(output)
    destination.existing.value = "keep"
    assert starter.start_layers(FULL, plan, origins) is True
    assert run.orders[2].jobs[0].output == tmp_path / "pages_20px_10fps_video (2).mp4"
    assert run.orders[2].overwrite is False
    # An array has no folder; who does not choose one wants none.
    asking(monkeypatch, "")
    assert starter.start_layers(FULL, plan_of(noise((3, 16, 20))), origins) is False
    assert len(run.orders) == 3


def test_what_folders_order(destination, folder, file, tmp_path, folders, question):
    run = RunStub()
    folders.add([file, folder])
    destination.folder, destination.sidecar.value = tmp_path / "out", True
    destination.name_edit.value = "mine"
    Starter(run, destination, folders).start_folders(FULL)
    ((plan, then),) = run.prepared
    jobs = plan()
    names = [f"{name}_20px_10fps_video" for name in ("pages", "cells")]
    assert outputs(jobs) == [tmp_path / "out" / f"{name}.mp4" for name in names]
    assert [job.sidecar.name for job in jobs] == [f"{name}.json" for name in names]
    assert run.orders == []
    assert then(jobs) is True
    (order,) = run.orders
    assert order.jobs == jobs
    assert [order.origins_of(job) for job in jobs] == [[str(file)], [str(folder)]]
    order.on_state(1, "done", "facts")
    assert rows(folders) == [("", "waiting", ""), (f"{names[1]}.mp4", "done", "facts")]
    # One row alone may have a name.
    folders.clear()
    folders.add([folder])
    Starter(run, destination, folders).start_folders(FULL)
    plan, then = run.prepared[1]
    (job,) = jobs = plan()
    assert job.output == tmp_path / "out" / "mine.mp4"
    run.outputs.add(job.output)
    assert then(jobs) is False
    assert question.asked == [(None, [job.output])]
    assert len(run.orders) == 1


class Question:
    """Answers once for all videos, and notes which were asked about."""

    def __init__(self, monkeypatch):
        self.answer, self.asked = "cancel", []
        monkeypatch.setattr("napari_tif2video._napari.run.jobs.ask_about_existing", self.of)

    def of(self, parent, paths):
        self.asked.append((parent, paths))
        return self.answer


@pytest.fixture
def question(monkeypatch):
    return Question(monkeypatch)


@pytest.fixture
def parent(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    return parent


def some_jobs(folder, *, sidecars=True):
    """Of a video that exists, one with only its sidecar in the way, an awaited and a new one."""
    for name in ("there.mp4", "beside.json"):
        (folder / name).touch()
    names = ("there", "beside", "awaited", "new")
    return [
        SourceJob(
            name,
            output=folder / f"{name}.mp4",
            sidecar=folder / f"{name}.json" if sidecars else None,
        )
        for name in names
    ], [folder / "awaited.mp4"]


def written(jobs):
    return [(job.output.name, job.sidecar and job.sidecar.name, job.skip) for job in jobs]


AS_IS = [(f"{n}.mp4", f"{n}.json", False) for n in ("there", "beside", "awaited", "new")]
SETTLED = {
    "replace": (True, AS_IS),
    "keep": (
        False,
        [
            *((f"{n} (2).mp4", f"{n} (2).json", False) for n in ("there", "beside", "awaited")),
            AS_IS[3],
        ],
    ),
    "skip": (
        False,
        [
            ("there.mp4", "there.json", True),
            ("beside (2).mp4", "beside (2).json", False),
            ("awaited.mp4", "awaited.json", True),
            AS_IS[3],
        ],
    ),
    "cancel": (None, AS_IS),
}


@pytest.mark.parametrize("answer", SETTLED)
def test_what_exists_is_settled_for_all(question, parent, tmp_path, answer):
    overwrite, expected = SETTLED[answer]
    jobs, awaited = some_jobs(tmp_path)
    if answer != "cancel":
        assert settle_existing(jobs, answer, awaited, parent) is overwrite
        assert written(jobs) == expected
        assert question.asked == []
    jobs, awaited = some_jobs(tmp_path)
    question.answer = answer
    assert settle_existing(jobs, "ask", awaited, parent) is overwrite
    assert written(jobs) == expected
    names = ("there.mp4", "beside.json", "awaited.mp4")
    assert question.asked == [(parent, [tmp_path / name for name in names])]


def test_what_is_new_is_not_asked_about(question, parent, tmp_path):
    for policy in ("ask", "replace", "keep", "skip"):
        jobs, awaited = some_jobs(tmp_path, sidecars=False)
        jobs = [jobs[1], jobs[3]]
        assert settle_existing(jobs, policy, awaited, parent) is False
        assert written(jobs) == [("beside.mp4", None, False), ("new.mp4", None, False)]
    assert question.asked == []
    jobs, awaited = some_jobs(tmp_path, sidecars=False)
    (tmp_path / "there (2).mp4").touch()
    awaited.append(tmp_path / "there (3).mp4")
    assert settle_existing(jobs, "keep", awaited, parent) is False
    names = ("there (4)", "beside", "awaited (2)", "new")
    assert written(jobs) == [(f"{name}.mp4", None, False) for name in names]
    # A sidecar takes a name where one is to be written.
    (tmp_path / "awaited (2).json").touch()
    for sidecars, number in ((True, 3), (False, 2)):
        (_, _, job, _), awaited = some_jobs(tmp_path, sidecars=sidecars)
        assert settle_existing([job], "keep", awaited, parent) is False
        assert job.output.name == f"awaited ({number}).mp4"


def rows(folders):
    items = [folders.tree.topLevelItem(i) for i in range(folders.count)]
    return [(item.text(1), item.text(2), item.toolTip(2)) for item in items]


def test_the_states_of_one_video_each(folders):
    folders.add(["/x/a.tif", "/x/b.tif"])
    jobs = [
        SourceJob("/x/b.tif", output=Path("/x/b.mp4")),
        SourceJob("/x/a.tif"),
        SourceJob("/x/gone.tif", output=Path("/x/gone.mp4")),
    ]
    shown = RowStates(folders, jobs)
    assert rows(folders) == [("", "waiting", "")] * 2
    shown.show(0, "50 %", "")
    shown.show(1, "failed", "why")
    shown.show(2, "done", "")
    assert rows(folders) == [("", "failed", "why"), ("b.mp4", "50 %", "")]
    shown.show(0, "done", "facts")
    assert rows(folders)[1] == ("b.mp4", "done", "facts")


def test_the_states_of_several_videos_of_a_source(folders):
    folders.add(["/x/a.tif", "/x/b.tif"])
    names = ("a0", "b", "a1", "a2")
    jobs = [SourceJob(f"/x/{name[0]}.tif", output=Path(f"/x/{name}.mp4")) for name in names]
    shown, videos = RowStates(folders, jobs), "a0.mp4, a1.mp4, a2.mp4"

    def told(index, state, why=""):
        shown.show(index, state, why)
        assert rows(folders)[1] == ("", "waiting", "")
        return rows(folders)[0]

    for index in (0, 2, 3):
        told(index, "waiting")
    assert told(0, "running") == (videos, "1 of 3: running", "")
    assert told(0, "30 %") == (videos, "1 of 3: 30 %", "")
    assert told(0, "done", "limits") == (videos, "1 of 3", "")
    assert told(2, "running") == (videos, "2 of 3: running", "")
    assert told(2, "failed", "why") == (videos, "failed", "why")
    assert told(3, "60 %") == (videos, "3 of 3: 60 %", "")
    assert told(3, "done", "facts") == (videos, "failed", "why")
    assert told(0, "failed", "the first") == (videos, "failed", "the first")
    assert told(0, "cancelled") == (videos, "failed", "why")
    assert told(2, "skipped", "as it is") == (videos, "done", "facts")
    assert told(3, "cancelled", "") == (videos, "cancelled", "")


def test_the_states_of_two_videos_of_a_source(folders):
    folders.add(["/x/a.tif"])
    jobs = [SourceJob("/x/a.tif", output=Path(f"/x/{name}.mp4")) for name in ("a0", "a1")]
    shown, videos = RowStates(folders, jobs), "a0.mp4, a1.mp4"
    for index, state, text in (
        (0, "running", "1 of 2: running"),
        (0, "failed", "failed"),
        (1, "running", "2 of 2: running"),
        (1, "done", "failed"),
    ):
        shown.show(index, state, "why")
        assert rows(folders) == [(videos, text, "why")]


def test_a_video_of_several_sources_is_in_all_their_rows(folders):
    folders.add(["/x/a.tif", "/x/b.tif", "/x/c.tif"])
    parts = tuple(SourceJob(f"/x/{name}.tif") for name in ("a", "c", "gone"))
    jobs = [SourceJob(None, parts=parts, output=Path("/x/all.mp4"))]
    RowStates(folders, jobs).show(0, "running", "")
    assert rows(folders) == [
        ("all.mp4", "running", ""),
        ("", "waiting", ""),
        ("all.mp4", "running", ""),
    ]
