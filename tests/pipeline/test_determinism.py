"""The same data and settings give the same bytes, however the work is done."""

from __future__ import annotations

import hashlib

import av
import dask
import dask.array as da
import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise, number_of, numbered
from helpers.video import media, numbers

import napari_tif2video as t2v


@pytest.fixture
def digest(tmp_path):
    """Convert, and return what identifies the bytes of the video."""

    def convert(source, **options):
        path = t2v.convert(source, tmp_path / "out.mp4", overwrite=True, **options).path
        return hashlib.sha256(path.read_bytes()).hexdigest()

    return convert


@pytest.fixture(scope="module")
def moving():
    """A blob that moves over noise: the encoder has something to predict."""
    stack = noise((53, 64, 128), high=20000, seed=9)
    for index, frame in enumerate(stack):
        frame[10:40, 2 * index % 90 : 2 * index % 90 + 25] += 30000
    return stack


@pytest.mark.parametrize("contrast", ["local", "global"])
def test_any_number_of_workers(digest, moving, contrast):
    long = np.concatenate([moving, moving[::-1], moving[:1]])
    results = {w: digest(long, contrast=contrast, workers=w, width=128) for w in (1, 2, 4, 8)}
    assert len(set(results.values())) == 1, results


def test_twenty_repeats(digest, moving):
    results = [digest(moving, width=100, workers=1 + i % 4) for i in range(20)]
    assert len(set(results)) == 1


def test_other_settings_give_other_bytes(digest, moving):
    """Else the tests of this module would prove nothing."""
    options = [{}, {"contrast": "global"}, {"width": 102}, {"fps": 11}, {"anchor": True}]
    assert len({digest(moving, **{"width": 100} | o) for o in options}) == len(options)
    assert digest(moving[::-1], width=100) != digest(moving, width=100)


@pytest.mark.parametrize(
    "options",
    [
        {"width": 100},
        {"width": 200},
        {"width": "full"},
        {"crop": "50x50", "width": 100, "anchor": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("colours", [False, True], ids=["grey", "RGB"])
def test_any_memory_budget(digest, moving, options, colours):
    stack = np.stack([moving, moving[::-1], moving // 2], -1) if colours else moving
    results = {digest(stack, contrast="global", memory_budget=b, **options) for b in (0, 1 << 40)}
    assert len(results) == 1


def test_any_memory_budget_of_a_batch(tmp_path, moving):
    folders = [write_folder(tmp_path / name, moving[i:]) for i, name in enumerate("ab")]
    contents = []
    for budget in (0, 1 << 40):
        videos = t2v.convert_batch(
            folders, contrast="batch", memory_budget=budget, overwrite=True, width=100
        )
        assert [v.status for v in videos] == ["ok", "ok"]
        contents.append([v.output.read_bytes() for v in videos])
    assert contents[0] == contents[1]


def of_delayed(stack):
    lazy = [dask.delayed(stack.__getitem__, pure=False)(i) for i in range(len(stack))]
    return da.stack([da.from_delayed(d, stack.shape[1:], stack.dtype) for d in lazy])


def of_map_blocks(stack):
    def block(block_info=None):
        return stack[block_info[None]["chunk-location"][0]][np.newaxis]

    chunks = ((1,) * len(stack), *((n,) for n in stack.shape[1:]))
    return da.map_blocks(block, chunks=chunks, dtype=stack.dtype, meta=stack[:0])


ARRAYS = {
    "numpy": lambda s: s,
    "numpy view": lambda s: np.repeat(s, 2, axis=0)[::2],
    "numpy big-endian": lambda s: s.astype(s.dtype.newbyteorder(">")),
    "numpy Fortran order": np.asfortranarray,
    "one frame a chunk": lambda s: da.from_array(s, chunks=(1, *s.shape[1:])),
    "seven frames a chunk": lambda s: da.from_array(s, chunks=(7, *s.shape[1:])),
    "ragged chunks": lambda s: da.from_array(s, chunks=((3, 20, 1, 24, 5), *s.shape[1:])),
    "all time in a chunk": lambda s: da.from_array(s, chunks=s.shape),
    "spatial chunks": lambda s: da.from_array(s, chunks=(1, 20, 33, *s.shape[3:])),
    "chunks along all axes": lambda s: da.from_array(s, chunks=(6, 17, 50, *[2] * (s.ndim - 3))),
    "computed": lambda s: da.from_array(s, chunks=(5, 30, 128, *s.shape[3:])) // 2 * 2 + s % 2,
    "reordered": lambda s: da.from_array(s[::-1].copy(), chunks=(4, *s.shape[1:]))[::-1],
    "rechunked": lambda s: da.from_array(s, chunks=(9, 64, 64, *s.shape[3:])).rechunk(
        {0: 2, 1: -1, 2: -1}
    ),
    "stack of delayed": of_delayed,
    "map_blocks": of_map_blocks,
}


IN_COLOUR = ["numpy", "numpy Fortran order", "one frame a chunk", "chunks along all axes"]
CASES = [(kind, False) for kind in ARRAYS] + [(kind, True) for kind in IN_COLOUR]


@pytest.mark.parametrize(("kind", "colours"), CASES)
def test_arrays_and_files_give_the_same_packets(tmp_path, moving, kind, colours):
    """Only the names in the recipe are others."""

    def made(source, **options):
        return media(t2v.convert(source, tmp_path / "out.mp4", overwrite=True, **options).path)

    make = ARRAYS[kind]
    stack = np.stack([moving, moving[::-1], moving // 2], -1) if colours else moving
    folder = write_folder(tmp_path / "in", stack)
    enlarged = {"crop": "60x40+11+7", "width": 100}
    for options in (enlarged, {"contrast": "global", "width": 100}):
        expected = made(folder, **options)
        assert made(make(stack), workers=2, **options) == expected
        assert made(make(stack), workers=1, memory_budget=0, **options) == expected


@pytest.mark.parametrize("contrast", ["local", "global"])
def test_large_frames_give_the_same_bytes_on_their_own_way(tmp_path, digest, contrast):
    """Frames too large to wait for an encoder are prepared by it, one by one."""
    stack = np.tile(numbered(3), (1, 25, 8))  # 1200 x 1280
    options = {"contrast": contrast, "width": "full", "memory_budget": 0}
    seen = []
    expected = digest(stack, progress=lambda p: seen.append(p.fraction), **options)
    assert seen == sorted(seen)
    assert seen[-1] == 1
    with av.open(str(tmp_path / "out.mp4")) as container:
        pictures = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert [number_of(picture[:48, :160]) for picture in pictures] == [0, 1, 2]
    in_blocks = da.from_array(stack, chunks=(2, 1200, 1280))
    assert digest(in_blocks, **options) == expected
    assert digest(stack, **options | {"memory_budget": None}, workers=1) == expected


def test_pages_and_arrays_give_the_same_packets(tmp_path, moving):
    import tifffile

    tifffile.imwrite(tmp_path / "s.tif", moving, compression="zlib", photometric="minisblack")
    of_pages = t2v.convert(tmp_path / "s.tif", tmp_path / "pages.mp4")
    of_array = t2v.convert(moving, tmp_path / "array.mp4")
    assert media(of_pages.path) == media(of_array.path)


@pytest.mark.parametrize("chunk", [1, 8, 50, 101])
def test_every_frame_of_a_chunked_array_is_in_its_place(tmp_path, chunk):
    array = da.from_array(numbered(101), chunks=(chunk, 48, 160))
    video = t2v.convert(array, tmp_path / "o.mp4", width="full", contrast="global")
    assert numbers(video.path) == list(range(101))


def test_paths_times_and_machines_leave_no_trace(tmp_path, moving):
    """The same data at another place give the same bytes; only base names are kept."""
    contents = []
    for name in ("first", "secret_patient_name"):
        folder = write_folder(tmp_path / name / "pos1", moving[:5])
        contents.append(t2v.convert(folder, workers=1 + len(contents)).path.read_bytes())
    assert contents[0] == contents[1]
    assert b"secret" not in contents[1]
    assert str(tmp_path).encode() not in contents[1]
