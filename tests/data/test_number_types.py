"""Other types of numbers than cameras write: the same rules, and no wrapping or poisoning."""

from __future__ import annotations

import json

import dask.array as da
import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.oracle import area_average, assert_rounded, levels

import napari_tif2video as t2v

SHAPE = (60, 150)


def spread(dtype, low, high):
    """Random numbers of a type from low to high, both present."""
    rng = np.random.default_rng(3)
    values = low + rng.random(SHAPE) * (float(high) - float(low))
    values = values.astype(dtype)
    values[0, 0], values[-1, -1] = low, high
    return values


NUMBERS = {
    "int8": spread(np.int8, -128, 127),
    "int16": spread(np.int16, -30000, 30000),  # the difference does not fit into int16
    "int32": spread(np.int32, -2_000_000_000, 2_000_000_000),
    "uint32": spread(np.uint32, 4_000_000_000, 4_000_000_300),
    "int64": spread(np.int64, -(2**40), 2**40),
    "float16": spread(np.float16, -2, 500),
    "float32": spread(np.float32, -1, 1),
    "float32 tiny": spread(np.float32, 1e-20, 3e-20),
    "float64 huge": spread(np.float64, -1e30, 1e30),
    "float64 on a pedestal": spread(np.float64, 1e6, 1e6 + 0.01),
    "bool": spread(float, 0, 1) > 0.5,
}


@pytest.mark.parametrize("frame", NUMBERS.values(), ids=NUMBERS)
def test_the_range_of_any_number_becomes_black_to_white(frame):
    low, high = float(frame.min()), float(frame.max())
    exact = levels(frame.astype(float), low, high)
    assert_rounded(t2v.render_frame(frame, 0, width="full")[..., 0], exact)
    stack = np.stack([frame, frame[::-1]])
    shown = t2v.render_frame(stack, 1, width="full", contrast="global")[..., 0]
    assert_rounded(shown, exact[::-1])


@pytest.mark.parametrize("frame", NUMBERS.values(), ids=NUMBERS)
def test_shrinking_is_as_precise_as_for_cameras(frame):
    low, high = float(frame.min()), float(frame.max())
    exact = levels(
        area_average(frame.astype(float) / max(abs(low), abs(high)), (40, 100)),
        *(v / max(abs(low), abs(high)) for v in (low, high)),
    )
    shown = t2v.render_frame(frame, 0, width=100)[..., 0]
    assert np.abs(shown - exact).max() < 1


def test_limits_are_reported(tmp_path):
    frame = NUMBERS["int16"]
    video = t2v.convert(np.stack([frame] * 3), tmp_path / "o.mp4", contrast="global")
    assert video.limits == (-30000, 30000)


@pytest.mark.parametrize("name", ["int8", "int16", "int32", "uint32", "float16", "float32"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_files_of_any_number(tmp_path, name, compression):
    frame = NUMBERS[name]
    folder = write_folder(tmp_path / "in", [frame, frame[::-1]], compression=compression)
    np.testing.assert_array_equal(t2v.open_stack(folder).data[0].compute(), frame)
    np.testing.assert_array_equal(
        t2v.render_frame(folder, 1, width=100), t2v.render_frame(frame[::-1], 0, width=100)
    )
    tifffile.imwrite(tmp_path / "s.tif", np.stack([frame] * 3), photometric="minisblack")
    np.testing.assert_array_equal(t2v.open_stack(tmp_path / "s.tif").data[2].compute(), frame)


@pytest.fixture
def holed():
    frame = spread(np.float32, 10, 20)
    frame[:20, :30] = np.nan
    frame[-1, 0] = 10
    frame[30, 40], frame[31, 41] = np.inf, -np.inf
    return frame


def test_missing_values_do_not_poison_the_frame(holed):
    shown = t2v.render_frame(holed, 0, width="full")[..., 0]
    finite = np.isfinite(holed)
    assert_rounded(shown[finite], levels(holed[finite], 10, 20))
    assert (shown[np.isnan(holed)] == 0).all()
    assert shown[30, 40] == 255
    assert shown[31, 41] == 0


@pytest.mark.parametrize("width", [100, 300])
def test_missing_values_do_not_spread_when_resizing(holed, width):
    shown = t2v.render_frame(holed, 0, width=width)[..., 0]
    scale = width / 150
    hole = shown[: int(18 * scale), : int(28 * scale)]
    assert (hole == 0).all()
    rest = shown[int(24 * scale) :, int(34 * scale) :]
    assert rest.mean() == pytest.approx(127, abs=15)


@pytest.mark.parametrize("contrast", ["local", "global", "batch"])
def test_a_frame_without_any_value_is_black_and_does_not_set_limits(tmp_path, holed, contrast):
    stack = np.stack([holed, np.full_like(holed, np.nan), holed])
    video = t2v.convert(stack, tmp_path / "o.mp4", contrast=contrast, width="full")
    assert (t2v.render_frame(stack, 1, contrast=contrast, width="full") == 0).all()
    assert 1 in video.constant_frames
    if contrast == "local":
        assert (video.limits[0], video.limits[2]) == ((10, 20), (10, 20))
    else:
        assert video.limits == (10, 20)


@pytest.mark.parametrize("contrast", ["local", "global"])
def test_a_series_without_any_value_still_gives_valid_json(tmp_path, cli, contrast):
    """JSON knows neither NaN nor infinity."""
    folder = write_folder(tmp_path / "in", [np.full(SHAPE, np.nan, np.float32)] * 2)
    ended = cli(folder, "--json", "--quiet", "--contrast", contrast)

    def refuse(name):
        raise ValueError(name)

    (source,) = json.loads(ended.out, parse_constant=refuse)["sources"]
    assert source["status"] in ("ok", "failed")


def test_lazy_arrays_of_any_number(tmp_path):
    frame = NUMBERS["int16"]
    array = da.from_array(np.stack([frame] * 60), chunks=(7, 30, 150))
    lazy = t2v.convert(array, tmp_path / "a.mp4", contrast="global", width=100)
    plain = t2v.convert(np.stack([frame] * 60), tmp_path / "b.mp4", contrast="global", width=100)
    assert lazy.path.read_bytes() == plain.path.read_bytes()


def test_the_darkest_value_counts_wherever_a_nan_is():
    frame = np.full((700, 300), 50, np.float32)
    frame[0, 0] = 60
    frame[650, :2] = np.nan, 10  # far below the first rows, which are measured on their own
    video_frame = t2v.render_frame(frame[np.newaxis], 0, width="full", contrast="local")
    assert video_frame[650, 1].max() == 0
    assert video_frame[300, 100].tolist() == [204, 204, 204]  # (50 - 10) / (60 - 10) of 255
