"""Reader, writer and sample data, as napari finds them in the manifest."""

from __future__ import annotations

import tomllib
from pathlib import Path

import av
import dask.array as da
import numpy as np
import pytest
import tifffile
from helpers.files import write_folder, write_pages
from helpers.frames import noise, number_of, numbered
from helpers.imagej import BLUE, FIRE, RED, write_composite, write_stack
from helpers.lsm import write_lsm
from helpers.video import decoded, grey_of, numbers

napari = pytest.importorskip("napari")
npe2 = pytest.importorskip("npe2")

import napari_tif2video as t2v  # noqa: E402
from napari_tif2video._napari import hooks  # noqa: E402
from napari_tif2video.data import TIFF_SUFFIXES  # noqa: E402
from napari_tif2video.settings import CODECS, CONTAINERS  # noqa: E402

PLUGIN = "napari-tif2video"


@pytest.fixture(autouse=True)
def _discovered():
    npe2.PluginManager.instance().discover()


def test_the_manifest_is_valid_and_found():
    manifest = npe2.PluginManager.instance().get_manifest(PLUGIN)
    names = [widget.display_name for widget in manifest.contributions.widgets]
    assert names == ["Make videos"]
    for command in manifest.contributions.commands:
        if command.id != f"{PLUGIN}.widget":  # needs a Qt binding
            assert callable(npe2.PluginManager.instance().commands.get(command.id))


def test_the_manifest_at_the_top_of_the_repository_is_that_of_the_package():
    """A link, or on systems without links the file that git writes for one: the path in it."""
    package = Path(t2v.__file__).with_name("napari.yaml")
    top = Path(__file__).parents[2] / "napari.yaml"
    link = str(top.readlink()) if top.is_symlink() else top.read_text(encoding="utf-8")
    if "\n" not in link.strip():
        assert link.strip().replace("\\", "/") == "src/napari_tif2video/napari.yaml"
        top = top.parent / link.strip()
    assert top.read_bytes() == package.read_bytes()


def test_the_package_is_listed_among_plugins_of_napari():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    assert "Framework :: napari" in project["project"]["classifiers"]


def test_layers_are_saved_with_every_ending_that_has_a_codec():
    manifest = npe2.PluginManager.instance().get_manifest(PLUGIN)
    for writer in manifest.contributions.writers:
        assert set(writer.filename_extensions) == set(CONTAINERS)


def test_a_folder_opens_as_one_lazy_layer(tmp_path):
    folder = write_folder(tmp_path / "pos", numbered(12))
    ((data, meta, kind),) = npe2.read([str(folder)], stack=False, plugin_name=PLUGIN)
    assert kind == "image"
    assert meta["name"] == "pos"
    assert isinstance(data, da.Array)
    assert data.chunks[0] == (1,) * 12
    np.testing.assert_array_equal(data.compute(), numbered(12))


def test_a_hyperstack_without_channels_is_one_layer_with_all_its_axes(tmp_path, model):
    data = numbered(6).reshape(3, 2, 48, 160)
    tifffile.imwrite(tmp_path / "s.tif", data, imagej=True, metadata={"axes": "TZYX"})
    ((read, meta, _),) = npe2.read([str(tmp_path / "s.tif")], stack=False, plugin_name=PLUGIN)
    np.testing.assert_array_equal(read.compute(), data)
    layer = model.add_image(read, **meta)
    assert layer.axis_labels == ("t", "z", "y", "x")


def test_a_folder_without_images_is_left_to_other_readers(tmp_path):
    from napari_tif2video._napari.hooks import get_reader

    assert get_reader(str(tmp_path)) is None
    (tmp_path / "notes.txt").write_text("no image")
    assert get_reader(str(tmp_path / "notes.txt")) is None


@pytest.mark.slow
def test_ten_thousand_files_open_at_once(tmp_path):
    """Only the first file is read: the others are empty, and that is not noticed yet."""
    folder = write_folder(tmp_path / "pos", numbered(1))
    for number in range(1, 10_000):
        (folder / f"t{number}.tif").touch()
    ((data, _, _),) = npe2.read([str(folder)], stack=False, plugin_name=PLUGIN)
    assert data.shape[0] == 10_000
    np.testing.assert_array_equal(data[0].compute(), numbered(1)[0])


def test_the_sample_is_real_and_lazy():
    from napari_tif2video._napari.hooks import sample

    ((data, _, kind),) = sample()
    assert kind == "image"
    assert data.shape == (36, 196, 171)
    assert data[3].compute().max() > 10_000


@pytest.mark.parametrize("axes", ["TCYX", "TCZYX"])
def test_channels_become_layers_with_their_names_and_places(tmp_path, axes):
    import tifffile

    sizes = {"T": 3, "C": 2, "Z": 4, "Y": 40, "X": 60}
    data = np.random.default_rng(0).integers(0, 65535, [sizes[a] for a in axes], np.uint16)
    metadata = {
        "axes": axes,
        "PhysicalSizeX": 0.325, "PhysicalSizeXUnit": "µm", "TimeIncrement": 30.0,
        "Channel": {"Name": ["DAPI", "GFP"]},
    }  # fmt: skip
    path = tmp_path / "cells.ome.tif"
    tifffile.imwrite(path, data, ome=True, metadata=metadata, photometric="minisblack")
    viewer = napari.components.ViewerModel()
    viewer.open(str(path), plugin=PLUGIN)
    assert [layer.name for layer in viewer.layers] == ["cells DAPI", "cells GFP"]
    for number, layer in enumerate(viewer.layers):
        assert isinstance(layer.data, da.Array)
        assert "".join(layer.axis_labels) == axes.replace("C", "").lower()
        assert layer.scale[0] == 30
        assert layer.scale[-1] == 0.325
        assert [str(layer.units[i]) for i in (0, -1)] == ["second", "micrometer"]
        np.testing.assert_array_equal(layer.data.compute(), data[:, number])
        if axes == "TCYX":
            seen = data[:, number]
            assert layer.contrast_limits == [seen.min(), seen.max()]
    tints = [layer.colormap.colors[-1][:3].tolist() for layer in viewer.layers]
    assert tints[0] != tints[1]
    if axes == "TCYX":
        video = t2v.convert(viewer.layers[0], tmp_path / "one.mp4")
        assert video.pixel_size_um == pytest.approx(0.325)
        assert video.frame_interval_s == 30


def test_a_layer_is_written_as_it_is_displayed(tmp_path, model):
    layer = model.add_image(numbered(5), contrast_limits=(0, 65535), colormap="gray", name="stack")
    path = tmp_path / "out.mp4"
    assert npe2.write(str(path), [layer.as_layer_data_tuple()], plugin_name=PLUGIN) == [str(path)]
    assert numbers(path) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("ending", [ending for ending in CONTAINERS if ending != ".mp4"])
def test_the_ending_of_a_saved_layer_chooses_the_codec(tmp_path, model, ending):
    layer = model.add_image(numbered(3), contrast_limits=(0, 65535), name="stack")
    path = tmp_path / f"out{ending}"
    assert npe2.write(str(path), [layer.as_layer_data_tuple()], plugin_name=PLUGIN) == [str(path)]
    with av.open(str(path)) as file:
        assert file.streams.video[0].codec_context.name == CODECS[CONTAINERS[ending].codec].decoder
        pictures = [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]
    assert [number_of(picture) for picture in pictures] == [0, 1, 2]


def test_several_layers_are_written_as_one_video(tmp_path, model):
    black_red = model.add_image(
        numbered(4), contrast_limits=(0, 65535), colormap="red", blending="additive"
    )
    green = np.full_like(numbered(4), 65535)
    full_green = model.add_image(
        green, contrast_limits=(0, 65535), colormap="green", blending="additive"
    )
    path = tmp_path / "out.mp4"
    layers = [layer.as_layer_data_tuple() for layer in (black_red, full_green)]
    assert npe2.write(str(path), layers, plugin_name=PLUGIN) == [str(path)]
    luma = 0.2126 * numbered(4) / 257 + 0.7152 * 255  # of BT.709, red and green
    assert np.abs(grey_of(decoded(path)) - luma).mean() < 2


def test_layers_of_other_pixels_are_written_as_they_are_displayed(tmp_path, model):
    places = [
        {"scale": (1, 0.5, 0.5), "units": ("s", "um", "um"), "colormap": "magenta"},
        {"scale": (1, 1000, 1000), "units": ("s", "nm", "nm"), "interpolation2d": "linear"},
    ]
    for place in places:
        options = place | {"contrast_limits": (0, 65535), "blending": "additive"}
        model.add_image(numbered(4), **options)
    path = tmp_path / "out.mp4"
    layers = [layer.as_layer_data_tuple() for layer in model.layers]
    assert npe2.write(str(path), layers, plugin_name=PLUGIN) == [str(path)]
    expected = t2v.convert(model, tmp_path / "expected.mp4", width="full")
    np.testing.assert_array_equal(decoded(path), decoded(expected.path))


def test_an_interrupted_save_leaves_nothing(tmp_path, model, monkeypatch):
    import napari.utils

    class Cancelled(napari.utils.cancelable_progress):
        is_canceled = True

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.is_canceled = True

    monkeypatch.setattr(napari.utils, "cancelable_progress", Cancelled)
    layer = model.add_image(np.zeros((400, 64, 64), np.uint16) + np.arange(64, dtype=np.uint16))
    path = tmp_path / "out.mp4"
    assert not npe2.write(str(path), [layer.as_layer_data_tuple()], plugin_name=PLUGIN)
    assert list(tmp_path.iterdir()) == []


def test_layers_of_8_bits_have_colormaps_and_stored_ranges(tmp_path):
    data = noise((3, 2, 32, 120), high=255, dtype=np.uint8)
    composite = write_composite(tmp_path / "c.tif", data)
    layers = hooks.layers_data(t2v.open_stack(composite))
    assert [options["contrast_limits"] for _, options, _ in layers] == [(10, 201), (0, 101)]
    assert [options["rgb"] for _, options, _ in layers] == [False, False]
    for (_, options, _), lut in zip(layers, (BLUE, RED), strict=True):
        np.testing.assert_allclose(options["colormap"].colors[:, :3], lut.T / 255)
    ((lazy, options, _),) = hooks.layers_data(
        t2v.open_stack(write_stack(tmp_path / "s.tif", data[:, 0]))
    )
    assert (options["rgb"], lazy.ndim, options["contrast_limits"]) == (False, 3, (20, 121))
    np.testing.assert_allclose(options["colormap"].colors[:, :3], FIRE.T / 255)


def test_a_data_set_of_micro_manager_is_read(model):
    folder = Path(__file__).parents[1] / "files" / "ndtiff" / "v2"
    model.open(folder, plugin=PLUGIN)
    assert len(model.layers) == 2
    assert all(layer.data.shape == (5, 32, 32) for layer in model.layers)


def test_first_limits_show_the_data(tmp_path):
    data = np.full((5, 2, 32, 120), 700, np.uint16)
    data[2, 0, 0, 0], data[4, 0, 0, 1], data[:, 1] = 900, 650, 60000
    data[0, 1, 0, 0] = 50000
    tifffile.imwrite(tmp_path / "s.tif", data, imagej=True, metadata={"axes": "TCYX"})
    layers = hooks.layers_data(t2v.open_stack(tmp_path / "s.tif"))
    assert [o["contrast_limits"] for _, o, _ in layers] == [(650, 900), (50000, 60000)]


def test_colours_have_no_limits(tmp_path):
    tifffile.imwrite(tmp_path / "s.tif", np.zeros((3, 8, 9, 3), np.uint8), photometric="rgb")
    ((_, options, _),) = hooks.layers_data(t2v.open_stack(tmp_path / "s.tif"))
    assert options["rgb"]
    assert "contrast_limits" not in options


def test_the_distance_of_slices_is_the_scale(tmp_path):
    data = np.zeros((3, 4, 32, 120), np.uint16)
    meta = {"axes": "TZYX", "spacing": 2.5, "unit": "um"}
    tifffile.imwrite(tmp_path / "s.tif", data, imagej=True, metadata=meta, resolution=(4, 4))
    ((_, options, _),) = hooks.layers_data(t2v.open_stack(tmp_path / "s.tif"))
    assert options["scale"] == [1, 2.5, 0.25, 0.25]
    assert options["units"][1:] == ["micrometer"] * 3


def test_positions_are_an_axis_or_layers(tmp_path):
    def write(name, shapes):
        with tifffile.TiffWriter(tmp_path / name, ome=True) as writer:
            for number, shape in enumerate(shapes):
                frames = np.full(shape, number + 1, np.uint16)
                frames[0, 0, 0] = 0
                meta = {"axes": "TYX", "Name": f"Pos{number}"}
                writer.write(frames, metadata=meta, photometric="minisblack")
        return hooks.layers_data(t2v.open_stack(tmp_path / name))

    ((data, options, _),) = write("alike.ome.tif", [(3, 32, 120)] * 2)
    assert (data.shape, options["axis_labels"]) == ((2, 3, 32, 120), ("p", "t", "y", "x"))
    assert data[1, 2, 0, 0].compute() == 2
    assert options == {
        "name": "alike", "rgb": False, "axis_labels": ("p", "t", "y", "x"), "scale": [1, 1, 1, 1],
        "units": ["pixel"] * 4, "contrast_limits": (0, 1),
    }  # fmt: skip
    layers = write("unlike.ome.tif", [(3, 32, 120), (2, 64, 120)])
    assert [o["name"] for _, o, _ in layers] == ["unlike Pos0", "unlike Pos1"]
    assert [d.shape for d, _, _ in layers] == [(3, 32, 120), (2, 64, 120)]


def stained(folder):
    """Two folders called by stain, with a file of each frame."""
    data = noise((2, 3, 12, 20))
    for stain, frames in zip(("GFP", "mCherry"), data, strict=True):
        write_folder(folder / stain, frames)
    return data


@pytest.mark.parametrize("is_parent", [True, False])
def test_folders_called_by_stain_are_channels(tmp_path, model, is_parent):
    data = stained(tmp_path / "in")
    paths = [str(tmp_path / "in")]
    if not is_parent:
        paths = [str(tmp_path / "in" / stain) for stain in ("GFP", "mCherry")]
    layers = model.open(paths, plugin=PLUGIN, stack=not is_parent)
    assert [layer.name for layer in layers] == ["in GFP", "in mCherry"]
    for layer, frames in zip(layers, data, strict=True):
        np.testing.assert_array_equal(np.asarray(layer.data), frames)
    picture = t2v.render_frame(model, 1, width="full")
    assert picture[..., 0].any()
    assert (picture[..., 0] != picture[..., 1]).any()


def test_single_images_together_are_one_layer(tmp_path, model):
    frames = noise((11, 12, 20))
    folder = write_folder(tmp_path / "in", frames)
    paths = [str(folder / f"t{t}.tif") for t in (10, *range(10))]
    (layer,) = model.open(paths, plugin=PLUGIN, stack=True)
    np.testing.assert_array_equal(np.asarray(layer.data), frames)


def test_others_together_are_a_layer_each(tmp_path, model):
    for name in ("control", "treated"):
        write_folder(tmp_path / name, noise((3, 12, 20)))
    paths = [str(tmp_path / name) for name in ("control", "treated")]
    layers = model.open(paths, plugin=PLUGIN, stack=True)
    assert [layer.name for layer in layers] == ["control", "treated"]


@pytest.mark.parametrize("ending", TIFF_SUFFIXES)
def test_every_ending_is_read(tmp_path, model, ending):
    frames = noise((3, 160, 200))
    for name in (f"a{ending}", f"b{ending.upper()}"):
        path = tmp_path / name
        if ending == ".lsm":
            write_lsm(path, frames)
        else:
            write_pages(path.with_suffix(".tif"), frames)
            path.with_suffix(".tif").rename(path)
        (layer,) = model.open(str(path), plugin=PLUGIN)
        np.testing.assert_array_equal(np.asarray(layer.data), frames)
    manifest = npe2.PluginManager.instance().get_manifest(PLUGIN)
    (reader,) = manifest.contributions.readers
    assert {f"*{ending}", f"*{ending.upper()}"} <= set(reader.filename_patterns)


# ---- what becomes of paths and layers, to exact values


def read(path):
    """Name and first pixels of each layer."""
    return [(options["name"], np.asarray(data)) for data, options, _ in hooks.read(path)]


def test_what_the_reader_takes(tmp_path):
    frames, empty = write_folder(tmp_path / "in", numbered(2)), tmp_path / "empty"
    empty.mkdir()
    stained(tmp_path / "stains")
    for name in ("a.tif", "b.TIFF", "c.txt", "d", "e.tif.zip"):
        (tmp_path / name).touch()
    others = write_folder(tmp_path / "others", numbered(1))
    (others / "notes.txt").touch()
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").touch()

    def takes(*names):
        paths = [str(tmp_path / name) for name in names]
        reader = hooks.get_reader(paths)
        assert reader in (None, hooks.read)
        assert len(paths) > 1 or hooks.get_reader(paths[0]) is reader
        return reader is not None

    for name in ("in", "a.tif", "b.TIFF", "missing.tif", "stains", "others"):
        assert takes(name), name
    for name in ("empty", "texts", "c.txt", "d", "e.tif.zip", "missing"):
        assert not takes(name), name
    assert takes("in", "a.tif", "others")
    assert not takes("in", "c.txt")
    assert not takes("c.txt", "in")
    assert not takes("a.tif", "empty")
    assert hooks.get_reader(frames) is hooks.read  # scripts name folders as they like


def test_a_folder_that_cannot_be_listed_is_left_to_others(tmp_path, monkeypatch):
    folder = write_folder(tmp_path / "in", numbered(1))

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(hooks.os, "listdir", refuse)
    assert hooks.get_reader(str(folder)) is None


def test_paths_are_one_data_set_or_a_layer_each(tmp_path):
    data = stained(tmp_path / "a")
    other = noise((2, 3, 12, 20), seed=1)
    for stain, frames in zip(("GFP", "mCherry"), other, strict=True):
        write_folder(tmp_path / "b" / stain, frames)
    pages = write_pages(tmp_path / "a" / "pages.tif", data[0])
    (single,) = write_folder(tmp_path / "one", data[0][:1]).iterdir()
    more = write_folder(tmp_path / "one", data[0][1:2], name="t1{}.tif")

    def assert_layers(paths, want):
        got = read([str(path) for path in paths])
        assert [name for name, _ in got] == [name for name, _ in want]
        for (_, pixels), (_, expected) in zip(got, want, strict=True):
            np.testing.assert_array_equal(pixels, expected)

    gfp, cherry = tmp_path / "a" / "GFP", tmp_path / "a" / "mCherry"
    assert_layers([gfp, cherry], [("a GFP", data[0]), ("a mCherry", data[1])])
    assert_layers([gfp], [("GFP", data[0])])
    # Folders in different places are no data set, nor are folders with files.
    elsewhere = tmp_path / "b" / "mCherry"
    assert_layers([gfp, elsewhere], [("GFP", data[0]), ("mCherry", other[1])])
    assert_layers(
        [gfp, pages or tmp_path / "a" / "pages.tif"], [("GFP", data[0]), ("pages", data[0])]
    )
    # Files of one image are frames of one; by itself each is its own, and so is one with pages.
    second = next(path for path in more.iterdir() if path != single)
    assert_layers([single], [(single.stem, data[0][:1])])
    assert_layers([single, second], [("one", data[0][:2])])
    assert [name for name, _ in read(str(single))] == [single.stem]
    assert [name for name, _ in read(single)] == [single.stem]


def test_what_is_written_and_how_far_it_is(tmp_path, model, monkeypatch):
    import napari.utils

    from napari_tif2video.pipeline import Progress

    calls, bars = [], []

    class Bar:
        n, is_canceled, is_closed = 0, False, False

        def __init__(self, **options):
            self.options, self.steps = options, []
            bars.append(self)

        def update(self, by):
            self.n += by
            self.steps.append(by)

        def close(self):
            self.is_closed = True

    def convert(source, path, **options):
        progress, cancel = options.pop("progress"), options.pop("cancel")
        calls.append((source, path, options))
        for done in (1, 2, 5):
            progress(Progress("encoding", done, 5, 3))
        assert cancel() is False
        bars[-1].is_canceled = 1
        assert cancel() is True

    monkeypatch.setattr(napari.utils, "cancelable_progress", Bar)
    monkeypatch.setattr("napari_tif2video.videos.convert", convert)
    looks = {
        "colormap": "green", "gamma": 0.5, "opacity": 0.7, "blending": "additive", "visible": True,
        "contrast_limits": (1, 9), "scale": (1, 2, 2), "translate": (0, 3, 4), "name": "a",
    }  # fmt: skip
    first = model.add_image(numbered(3), **looks)
    second = model.add_image(numbered(3), name="b")
    layers = [layer.as_layer_data_tuple() for layer in (first, second)]
    assert hooks.write("a.mp4", layers[:1]) == ["a.mp4"]
    (bar,) = bars
    assert bar.options == {"total": 1000, "desc": "Saving video"}
    assert bar.steps == [200, 200, 600]
    assert bar.is_closed
    source, path, options = calls[0]
    assert (path, options) == ("a.mp4", {"width": "full", "overwrite": True})
    for name, value in looks.items():
        got = getattr(source, name)
        np.testing.assert_array_equal(got.name if name == "colormap" else got, value)
    assert hooks.write("a.mp4", layers) == ["a.mp4"]
    both = calls[1][0]
    assert [layer.name for layer in both.layers] == ["a", "b"]

    def cancelled(*_, **__):
        raise t2v.Cancelled("stopped")

    monkeypatch.setattr("napari_tif2video.videos.convert", cancelled)
    assert hooks.write("a.mp4", layers) == []
    assert bars[-1].is_closed
