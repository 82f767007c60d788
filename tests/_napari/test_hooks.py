"""Reader, writer and sample data, as napari finds them in the manifest."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import numbered
from helpers.video import decoded, grey_of, numbers

import napari_tif2video as t2v

napari = pytest.importorskip("napari")
npe2 = pytest.importorskip("npe2")

PLUGIN = "napari-tif2video"


@pytest.fixture
def model():
    from napari.components import ViewerModel

    return ViewerModel()


@pytest.fixture(autouse=True)
def _discovered():
    npe2.PluginManager.instance().discover()


def test_the_manifest_is_valid_and_found():
    manifest = npe2.PluginManager.instance().get_manifest(PLUGIN)
    names = [widget.display_name for widget in manifest.contributions.widgets]
    assert names == ["TIFF to video"]
    for command in manifest.contributions.commands:
        if command.id != f"{PLUGIN}.widget":  # needs a Qt binding
            assert callable(npe2.PluginManager.instance().commands.get(command.id))


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
