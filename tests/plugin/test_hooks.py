"""Reader, writer and sample data, as napari finds them in the manifest."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import numbered
from helpers.video import numbers

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
