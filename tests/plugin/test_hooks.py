"""Reader, writer and sample data, as napari finds them in the manifest."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import numbered
from helpers.video import decoded, grey_of, numbers

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


def test_a_folder_without_images_is_left_to_other_readers(tmp_path):
    from napari_tif2video._napari.hooks import get_reader

    assert get_reader(str(tmp_path)) is None
    (tmp_path / "notes.txt").write_text("no image")
    assert get_reader(str(tmp_path / "notes.txt")) is None


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
