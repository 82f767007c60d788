"""`convert`, `convert_batch`, `render_frame` and `open_stack` as a library."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise, numbered
from helpers.video import numbers

import napari_tif2video as t2v


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "pos", numbered(5))


def sources_of(folder):
    stack = t2v.open_stack(folder)
    frames = numbered(5)
    return {
        "str": str(folder),
        "Path": folder,
        "Stack": stack,
        "lazy array": stack.data,
        "numpy": frames,
        "dask": da.from_array(frames, chunks=(2, 48, 80)),
    }


@pytest.mark.parametrize("kind", ["str", "Path", "Stack", "lazy array", "numpy", "dask"])
def test_every_kind_of_source(folder, tmp_path, kind):
    source = sources_of(folder)[kind]
    video = t2v.convert(source, str(tmp_path / "o.mp4"), width="full")
    assert isinstance(video, t2v.Video)
    assert video.status == "ok"
    assert video.path == video.output == tmp_path / "o.mp4"
    assert video.error is None
    assert video.seconds > 0
    assert numbers(video.path) == [0, 1, 2, 3, 4]
    shown = t2v.render_frame(source, 3, width="full")
    np.testing.assert_array_equal(shown, t2v.render_frame(folder, 3, width="full"))


def test_output_of_a_relative_path(folder, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    video = t2v.convert("pos", "o.mp4")
    assert video.path == tmp_path / "o.mp4"
    assert t2v.convert(Path("pos")).path == folder / "500px_10fps_video.mp4"


def test_the_array_of_a_stack_leads_back_to_its_files(folder, tmp_path):
    stack = t2v.open_stack(folder)
    assert t2v.open_stack(stack.data) is stack
    assert t2v.convert(stack.data).path == folder / "500px_10fps_video.mp4"
    (folder / "t3.tif").write_bytes(b"")
    with pytest.raises(t2v.SourceError, match=r"t3\.tif"):
        t2v.convert(stack.data, tmp_path / "o.mp4")


def test_the_array_leads_back_also_when_nothing_else_is_kept(folder):
    """As in a viewer, which keeps the array and not what it came from."""
    array = t2v.open_stack(folder).data
    assert t2v.open_stack(array).path == folder


def test_a_part_of_the_lazy_array_is_that_part(folder, tmp_path):
    part = t2v.open_stack(folder).data[1:4]
    video = t2v.convert(part, tmp_path / "o.mp4", width="full")
    assert numbers(video.path) == [1, 2, 3]
    reverse = t2v.convert(part[::-1], tmp_path / "r.mp4", width="full")
    assert numbers(reverse.path) == [3, 2, 1]


@pytest.mark.parametrize(
    ("shape", "frames", "size"),
    [
        ((40, 120), 1, (40, 120)),
        ((7, 40, 120), 7, (40, 120)),
        ((40, 120, 3), 1, (40, 120)),
        ((7, 40, 120, 3), 7, (40, 120)),
        ((7, 40, 120, 4), 7, (40, 120)),
    ],
)
@pytest.mark.parametrize("lazy", [False, True])
def test_shapes_of_arrays(tmp_path, shape, frames, size, lazy):
    array = noise(shape)
    source = da.from_array(array, chunks=-1) if lazy else array
    stack = t2v.open_stack(source)
    colours = (3,) if shape[-1] in (3, 4) else ()
    assert stack.shape == (frames, *size, *colours)
    video = t2v.convert(source, tmp_path / "o.mp4", width="full")
    assert (video.frames, video.height, video.width) == (frames, *size)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 3, 40, 120), np.uint16),
        np.zeros(40, np.uint16),
        np.zeros((0, 40, 120), np.uint16),
        np.zeros((5, 0, 120), np.uint16),
        np.zeros((5, 40, 120), np.complex64),
        np.array("text"),
    ],
    ids=lambda a: f"{a.dtype}{a.shape}",
)
@pytest.mark.parametrize("lazy", [False, True])
def test_arrays_that_cannot_be_converted(tmp_path, array, lazy):
    source = da.from_array(array, chunks=-1) if lazy else array
    with pytest.raises(t2v.SourceError):
        t2v.convert(source, tmp_path / "o.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "source",
    [None, 5, ["a", "b"], {"a": 1}, object()],
    ids=["None", "int", "list", "dict", "object"],
)
def test_things_that_are_no_source(tmp_path, source):
    with pytest.raises(t2v.SourceError, match="expected"):
        t2v.convert(source, tmp_path / "o.mp4")


def test_a_failing_block_of_an_array_is_named(tmp_path):
    def block(block_info=None):
        if block_info[None]["chunk-location"][0] == 3:
            raise OSError("the\nnetwork is gone")
        return noise((1, 40, 120))

    chunks = ((1,) * 6, (40,), (120,))
    array = da.map_blocks(
        block, chunks=chunks, dtype=np.uint16, meta=np.empty((0, 0, 0), np.uint16)
    )
    with pytest.raises(t2v.SourceError, match=r"3.*network is gone") as caught:
        t2v.convert(array, tmp_path / "o.mp4")
    assert isinstance(caught.value.__cause__, OSError)


def test_blocks_that_are_not_what_the_array_says(tmp_path):
    """An array that promises frames of one size and gives others."""
    base = da.from_array(noise((3, 40, 120)), chunks=(1, 40, 120))
    array = base.map_blocks(lambda b: b[:, :20], dtype=np.uint16, meta=base._meta)
    with pytest.raises(t2v.Tif2VideoError):
        t2v.convert(array, tmp_path / "o.mp4")


def test_an_array_needs_an_output():
    with pytest.raises(t2v.SettingsError, match="output"):
        t2v.convert(numbered(2))


def test_an_array_in_a_folder_gets_an_automatic_name(tmp_path):
    video = t2v.convert(numbered(2), output_dir=tmp_path / "out")
    assert video.path.parent == tmp_path / "out"
    assert video.path.name.endswith("500px_10fps_video.mp4")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"width": 50}, t2v.SettingsError),
        ({"workers": 0}, t2v.SettingsError),
        ({"workers": -1}, t2v.SettingsError),
        ({"overwrite": True, "skip_existing": True}, t2v.SettingsError),
        ({"output_dir": "elsewhere"}, t2v.SettingsError),
        ({"crop": (40, 30)}, t2v.SettingsError),
        ({"crop": [40, 30]}, t2v.SettingsError),
        ({"colour": "blue"}, TypeError),
        ({"limits": (0, 9), "contrast": "local"}, t2v.SettingsError),
    ],
    ids=str,
)
def test_wrong_options(folder, tmp_path, options, error):
    with pytest.raises(error):
        t2v.convert(folder, tmp_path / "o.mp4", **options)
    assert not (tmp_path / "o.mp4").exists()


def test_settings_and_keywords(folder, tmp_path):
    settings = t2v.VideoSettings(width=200, fps=5, anchor=True)
    video = t2v.convert(folder, tmp_path / "o.mp4", settings=settings, fps=7)
    assert (video.width, video.fps) == (200, 7)
    same = t2v.convert(folder, tmp_path / "p.mp4", width=200, fps=7, anchor=True)
    assert same.path.read_bytes() == video.path.read_bytes()
    shown = t2v.render_frame(folder, 0, settings=settings)
    np.testing.assert_array_equal(shown, t2v.render_frame(folder, 0, width=200, anchor=True))


@pytest.mark.parametrize("contrast", ["local", "global"])
@pytest.mark.parametrize("budget", [None, 0])
def test_progress(tmp_path, contrast, budget):
    seen, threads = [], set()

    def progress(state):
        seen.append(state)
        threads.add(threading.get_ident())

    def slowed(block):
        time.sleep(0.05)  # so that there is something to report, however fast the machine is
        return block

    source = da.from_array(noise((260, 64, 64)), chunks=(10, 64, 64)).map_blocks(
        slowed, dtype=np.uint16
    )
    options = {"contrast": contrast, "memory_budget": budget, "width": 200, "workers": 2}
    t2v.convert(source, tmp_path / "o.mp4", progress=progress, **options)
    assert threads == {threading.get_ident()}
    fractions = [p.fraction for p in seen]
    assert len(fractions) > 2
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert all(0 <= p.done <= p.total for p in seen)
    assert len({p.total for p in seen}) == 1
    phases = [p.phase for p in seen]
    expected = ["measuring", "encoding"] if contrast == "global" else ["encoding"]
    assert sorted(set(phases), key=phases.index) == expected


def test_progress_of_a_batch_ends_each_source_at_one(tmp_path):
    folders = [write_folder(tmp_path / n, numbered(20)) for n in "ab"]
    for contrast in ("local", "batch"):
        seen = []
        t2v.convert_batch(folders, contrast=contrast, progress=seen.append, overwrite=True)
        assert sum(p.fraction == 1 and p.phase == "encoding" for p in seen) == 2
    # The colours of a GIF are looked for in each frame in between.
    t2v.convert(folders[0], tmp_path / "o.gif", anchor=True, progress=seen.append)
    assert (seen[-1].done, seen[-1].total) == (60, 60)


def test_render_frame(folder):
    image = t2v.render_frame(folder, 4, width=320)
    assert image.shape == (96, 320, 3)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, t2v.render_frame(folder, -1, width=320))
    for index in (5, -6, 1000):
        with pytest.raises((t2v.SettingsError, IndexError)):
            t2v.render_frame(folder, index)


def test_render_frame_gives_an_array_of_its_own(folder):
    """Not a buffer that the next call fills again."""
    first = t2v.render_frame(folder, 0, width="full")
    copy = first.copy()
    t2v.render_frame(folder, 1, width="full")
    np.testing.assert_array_equal(first, copy)
    first[:] = 0
    assert first.flags.writeable


def test_convert_batch(tmp_path):
    good = write_folder(tmp_path / "a", numbered(3))
    tifffile.imwrite(tmp_path / "s.tif", numbered(4), photometric="minisblack")
    videos = t2v.convert_batch(
        [good, tmp_path / "missing", str(tmp_path / "s.tif")], output_dir=tmp_path / "out"
    )
    assert [v.status for v in videos] == ["ok", "failed", "ok"]
    assert [v.frames for v in videos] == [3, 0, 4]
    assert "missing" in videos[1].error
    assert "\n" not in videos[1].error
    assert videos[0].path.parent == tmp_path / "out"


def test_convert_batch_expands_patterns_and_folders(tmp_path):
    for name in ("p2", "p10", "p1"):
        write_folder(tmp_path / name, numbered(2))
    videos = t2v.convert_batch([tmp_path / "p*"])
    assert [Path(v.source).name for v in videos] == ["p1", "p2", "p10"]
    videos = t2v.convert_batch([tmp_path], recursive=True, skip_existing=True)
    assert [v.status for v in videos] == ["skipped"] * 3


def test_a_source_that_cannot_even_be_looked_at_does_not_stop_a_batch(tmp_path):
    good = write_folder(tmp_path / "a", numbered(2))
    videos = t2v.convert_batch([tmp_path / ("x" * 300), good])
    assert [v.status for v in videos] == ["failed", "ok"]


def test_convert_batch_without_sources():
    assert t2v.convert_batch([]) == []


def test_conversions_in_several_threads_at_once(tmp_path):
    stacks = [numbered(60, first=60 * i) for i in range(3)]
    videos = [None] * 3

    def work(i):
        videos[i] = t2v.convert(stacks[i], tmp_path / f"{i}.mp4", width="full", contrast="global")

    threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, video in enumerate(videos):
        assert numbers(video.path) == list(range(60 * i, 60 * i + 60))


def test_public_names():
    for name in t2v.__all__:
        assert hasattr(t2v, name)
    assert set(t2v.__all__) <= set(dir(t2v))
    with pytest.raises(AttributeError, match="no_such_name"):
        t2v.no_such_name  # noqa: B018
    for name in ("SettingsError", "SourceError", "OutputError", "EncodingError", "Cancelled"):
        assert issubclass(getattr(t2v, name), t2v.Tif2VideoError)
        # napari's worker threads drop those without a word.
        assert not issubclass(getattr(t2v, name), RuntimeError)


@pytest.mark.parametrize(
    ("raised", "words"),
    [(ZeroDivisionError(), "ZeroDivisionError"), (KeyError("disk"), "KeyError: 'disk'")],
)
def test_what_nobody_foresaw_fails_its_source_and_is_called_by_its_kind(
    tmp_path, monkeypatch, raised, words
):
    def fsync(_):
        raise raised

    monkeypatch.setattr("os.fsync", fsync)
    (video,) = t2v.convert_batch([numbered(2)], output_dir=tmp_path)
    assert (video.status, video.error) == ("failed", f"unexpected {words}")


def test_arrays_of_files_have_names_of_their_own(folder):
    """The files may have changed meanwhile, and caches and clusters know results by these names."""
    first, second = (t2v.open_stack(folder).data for _ in range(2))
    assert first.name != second.name
