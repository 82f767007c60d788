"""Layers and viewers as sources: what the video shows is what napari shows."""

from __future__ import annotations

import itertools

import dask.array as da
import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise, numbered
from helpers.ink import lines, says
from helpers.video import media, numbers

napari = pytest.importorskip("napari")

import napari_tif2video as t2v  # noqa: E402


@pytest.fixture
def viewer():
    from napari.components import ViewerModel

    return ViewerModel()


def shown(frame, layer):
    """What napari's documentation says a pixel becomes, in float64: RGB from 0 to 1."""
    low, high = layer.contrast_limits
    level = np.clip((frame.astype(float) - low) / (high - low), 0, 1) ** layer.gamma
    return np.asarray(layer.colormap.map(level.ravel()))[:, :3].reshape(*frame.shape, 3)


def assert_levels(picture, expected):
    difference = np.abs(picture.astype(float) - 255 * np.clip(expected, 0, 1))
    assert difference.max() < 2.5  # 256 colours, and opacity on top
    assert difference.mean() < 1


@pytest.mark.parametrize("colormap", ["gray", "green", "viridis", "gray_r"])
@pytest.mark.parametrize("gamma", [1.0, 0.6])
def test_a_layer_with_its_limits_colormap_and_gamma(viewer, colormap, gamma):
    stack = noise((3, 40, 60))
    layer = viewer.add_image(stack, colormap=colormap, gamma=gamma, contrast_limits=(9000, 40000))
    picture = t2v.render_frame(layer, 1, width="full")
    assert_levels(picture, shown(stack[1], layer))


def test_two_layers_on_top_of_each_other(viewer):
    stack = noise((3, 40, 60))
    below = viewer.add_image(stack, colormap="green", contrast_limits=(0, 60000))
    above = viewer.add_image(
        da.from_array(stack[::-1], chunks=(1, -1, -1)),
        colormap="magenta",
        blending="additive",
        opacity=0.5,
        contrast_limits=(10000, 65535),
    )
    picture = t2v.render_frame(viewer, 2, width="full")
    assert_levels(picture, shown(stack[2], below) + 0.5 * shown(stack[0], above))


def test_other_layers_are_left_out_and_said(viewer, tmp_path):
    viewer.add_image(numbered(4), contrast_limits=(0, 65535))
    corners = np.array([(0, 1, 2), (0, 5, 2), (0, 5, 9)])
    viewer.add_surface((corners, np.array([(0, 1, 2)])), name="mesh")
    video = t2v.convert(viewer, tmp_path / "o.mp4", width="full")
    assert any("mesh" in note for note in video.notes)
    assert numbers(video.path) == [0, 1, 2, 3]


def test_hidden_layers_are_not_merged(viewer):
    stack = noise((2, 40, 60))
    layer = viewer.add_image(stack, contrast_limits=(0, 65535))
    viewer.add_image(stack * 0 + 65535, visible=False)
    assert_levels(t2v.render_frame(viewer, 0, width="full"), shown(stack[0], layer))


def test_the_other_sliders_stay_where_they_are(viewer, tmp_path):
    stack = np.stack([numbered(5), numbered(5)[::-1]], axis=1)  # T, C, Y, X
    viewer.add_image(stack, contrast_limits=(0, 65535))
    viewer.dims.set_point(1, 1)
    viewer.dims.set_point(0, 0)
    video = t2v.convert(viewer, tmp_path / "o.mp4", width="full")
    assert numbers(video.path) == [4, 3, 2, 1, 0]


# ---- layers of other pixels

FINE = {"scale": (1, 0.5, 0.5), "translate": (0, 10, 20)}
# From the edge of the pixel (4, 6) of the fine ones on.
BINNED = {"scale": (1, 1, 1), "translate": (0, 12.25, 23.25)}
LOOKS = (
    {"colormap": "magenta", "contrast_limits": (0, 60000)},
    {"colormap": "green", "contrast_limits": (500, 30000), "blending": "additive"},
)


def of_kind(kind, data, folder):
    if kind == "files":
        return t2v.open_stack(write_folder(folder, data)).data
    if kind == "numpy":
        return data
    if kind == "pyramid":
        return [data, data[:, ::2, ::2]]
    return da.from_array(data, chunks={"frames": (1, -1, -1), "blocks": (2, 17, 11)}[kind])


def merged_by_hand(*channels):
    """The same as layers of one size."""
    from napari.components import ViewerModel

    made = ViewerModel()
    for data, look in zip(channels, LOOKS, strict=True):
        made.add_image(data, **look)
    return made


@pytest.mark.parametrize("kind", ["numpy", "frames", "blocks", "files", "pyramid"])
def test_a_binned_and_shifted_channel_is_merged_on_the_finest_pixels(viewer, tmp_path, kind):
    fine, coarse = noise((3, 60, 80)), noise((3, 24, 30), seed=1)
    for data, place, look in ((fine, FINE, LOOKS[0]), (coarse, BINNED, LOOKS[1])):
        data = of_kind(kind, data, tmp_path / look["colormap"])
        viewer.add_image(data, multiscale=kind == "pyramid", **place, **look)
    by_hand = merged_by_hand(fine[:, 4:52, 6:66], coarse.repeat(2, axis=1).repeat(2, axis=2))
    for options in ({"width": "full"}, {"width": "full", "crop": "31x21+7+9"}, {"width": 150}):
        for number in (0, 2):
            np.testing.assert_array_equal(
                t2v.render_frame(viewer, number, **options),
                t2v.render_frame(by_hand, number, **options),
            )
    first = t2v.convert(viewer, tmp_path / "1.mp4", width="full", workers=1, crop="40x30")
    second = t2v.convert(viewer, tmp_path / "3.mp4", width="full", workers=3, crop="40x30")
    assert first.path.read_bytes() == second.path.read_bytes()
    (note,) = [note for note in first.notes if "merged" in note]
    assert "60x48 pixels" in note
    expected = t2v.convert(by_hand, tmp_path / "h.mp4", width="full", crop="40x30")
    assert not any("merged" in note for note in expected.notes)
    assert media(first.path) == media(expected.path)


@pytest.mark.parametrize("kind", ["numpy", "blocks"])
@pytest.mark.parametrize("is_above", [True, False])
def test_layers_that_are_shown_smoothly_are_interpolated(viewer, tmp_path, kind, is_above):
    from scipy.ndimage import map_coordinates

    fine, coarse = noise((2, 60, 80)), noise((2, 24, 30), seed=1)
    coarse[:, 3, 4] = 0
    both = [(of_kind(kind, fine, tmp_path), FINE | LOOKS[0] | {"blending": "additive"})]
    smooth = BINNED | LOOKS[1] | {"interpolation2d": "linear"}
    both.insert(is_above, (of_kind(kind, coarse, tmp_path), smooth))
    for data, options in both:
        viewer.add_image(data, **options)
    rows, columns = (np.arange(2 * n) / 2 - 0.25 for n in coarse.shape[1:])
    places = np.meshgrid(rows, columns, indexing="ij")
    exact = [map_coordinates(c.astype(float), places, order=1, mode="nearest") for c in coarse]
    picture = t2v.render_frame(viewer, 1, width="full")
    assert_levels(
        picture, shown(fine[1, 4:52, 6:66], viewer.layers[not is_above])
        + shown(exact[1], viewer.layers[is_above]),
    )  # fmt: skip


def test_whole_pixels_stay_what_they_are_however_a_layer_is_shown(viewer):
    data = noise((2, 40, 50))
    for shift, look in zip((0, 3), LOOKS, strict=True):
        viewer.add_image(data, translate=(0, shift, -shift), interpolation2d="linear", **look)
    by_hand = merged_by_hand(data[:, 3:, :-3], data[:, :-3, 3:])
    np.testing.assert_array_equal(
        t2v.render_frame(viewer, 1, width="full"), t2v.render_frame(by_hand, 1, width="full")
    )


def test_lengths_of_a_merge_are_those_of_the_finest_pixels(viewer):
    units = ("second", "um", "um")
    viewer.add_image(black(size=(100, 150)), scale=(60, 1, 1), units=units)
    units = ("minute", "nm", "nm")
    viewer.add_image(black(size=(300, 500)), scale=(1, 250, 250), units=units, name="fine")
    text, bar = written_on(viewer, 2, scale_bar_length=20)
    assert says(text, "20 µm")
    assert bar.shape[1] == 80
    assert t2v.render_frame(viewer, 0, limits=(0, 1), width="full").shape == (300, 500, 3)
    (text,) = written_on(viewer, 2, timestamp=True)
    assert says(text, "02:00 min")


def turn(n, first, second):
    matrix = np.eye(n + 1)
    matrix[np.ix_([first, second], [first, second])] = [[0.8, -0.6], [0.6, 0.8]]
    return matrix


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"affine": turn(3, 1, 2)}, "is rotated or sheared"),
        ({"shear": (0, 0, 0.1)}, "is rotated or sheared"),
        ({"affine": turn(3, 0, 1)}, "is turned out of the plane of the picture"),
        ({"translate": (0, 0, 79)}, "does not overlap with the others"),
    ],
)
@pytest.mark.filterwarnings("ignore:Non-orthogonal slicing")
def test_layers_that_cannot_be_merged_are_left_out_and_named(viewer, tmp_path, options, reason):
    stack = noise((3, 60, 80))
    layer = viewer.add_image(stack, name="good", **LOOKS[0])
    viewer.add_image(stack, name="bad", **LOOKS[1] | options)
    video = t2v.convert(viewer, tmp_path / "o.mp4", width="full")
    assert f"left out: bad, which {reason}" in video.notes
    assert_levels(t2v.render_frame(viewer, 1, width="full"), shown(stack[1], layer))


def test_as_many_layers_as_go_together_are_merged(viewer, tmp_path):
    stack = noise((3, 60, 80))
    viewer.add_image(stack, name="turned", affine=turn(3, 1, 2), colormap="red")
    for look, name in zip(LOOKS, "ab", strict=True):
        viewer.add_image(stack, name=name, **look)
    viewer.add_image(stack[:2], name="short")
    viewer.dims.set_point(0, 1)
    video = t2v.convert(viewer, tmp_path / "o.mp4", width="full")
    assert video.channels == ("a", "b")
    assert video.notes[:2] == (
        "left out: turned, which is rotated or sheared",
        "left out: short, which has 2 frames where a has 3",
    )


def test_layers_that_are_turned_alike_are_merged_as_they_are(viewer):
    stack = noise((3, 60, 80))
    for look in LOOKS:
        viewer.add_image(stack, affine=turn(3, 1, 2), **look)
    np.testing.assert_array_equal(
        t2v.render_frame(viewer, 1, width="full"),
        t2v.render_frame(merged_by_hand(stack, stack), 1, width="full"),
    )


@pytest.mark.parametrize("add", ["add_labels", "add_points", "add_shapes"])
def test_layers_that_are_no_images_are_refused_by_name(viewer, add):
    data = {"add_labels": np.zeros((2, 8, 8), int), "add_points": [[0, 1, 2]], "add_shapes": None}
    layer = getattr(viewer, add)(data[add], name="no image")
    with pytest.raises(t2v.SourceError, match="no image"):
        t2v.render_frame(layer, 0)


def test_an_empty_viewer_is_refused(viewer):
    with pytest.raises(t2v.SourceError, match="no image layer"):
        t2v.render_frame(viewer, 0)


def test_an_axis_that_is_not_clear_is_asked_for(viewer):
    layer = viewer.add_image(np.zeros((2, 3, 8, 8)), name="hyper")
    with pytest.raises(t2v.SourceError, match=r"hyper.*axes"):
        t2v.render_frame(layer, 0)


def test_a_layer_whose_axes_have_names_is_a_hyperstack(viewer):
    stack = noise((4, 3, 40, 60))  # T, Z, Y, X
    layer = viewer.add_image(
        stack, axis_labels=("t", "z", "y", "x"), colormap="green", contrast_limits=(0, 65535)
    )
    for z, expected in (("max", stack.max(axis=1)), (1, stack[:, 1]), (None, stack.max(axis=1))):
        picture = t2v.render_frame(layer, 2, width="full", z=z)
        assert_levels(picture, shown(expected[2], layer))
    picture = t2v.render_frame(layer, 2, width="full", play="Z")
    assert_levels(picture, shown(stack[0, 2], layer))
    lazy = viewer.add_image(
        da.from_array(stack, chunks=(1, 1, -1, -1)), axis_labels=layer.axis_labels
    )
    mean = t2v.render_frame(lazy, 2, width="full", z="mean", contrast="local")
    exact = stack[2].mean(axis=0)
    exact = 255 * (exact - exact.min()) / (exact.max() - exact.min())
    assert np.abs(mean[..., 0] - exact).max() <= 0.51


def test_a_layer_from_files_goes_back_to_them(viewer, tmp_path):
    folder = write_folder(tmp_path / "pos", numbered(6))
    layer = viewer.add_image(t2v.open_stack(folder).data, contrast_limits=(0, 65535))
    from_layer = t2v.convert(layer, tmp_path / "a.mp4")
    from_files = t2v.convert(folder, tmp_path / "b.mp4", limits=(0, 65535))
    assert media(from_layer.path) == media(from_files.path)


def test_a_layer_of_a_hyperstack_goes_back_to_its_file(viewer, tmp_path):
    data = np.stack([numbered(5), numbered(5)[::-1]], axis=1)  # T, C, Y, X
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, data, imagej=True, metadata={"axes": "TCYX"})
    viewer.add_image(t2v.open_stack(path).data, contrast_limits=(0, 65535))
    viewer.dims.set_point(1, 1)
    viewer.dims.set_point(0, 0)
    from_layer = t2v.convert(viewer, tmp_path / "a.mp4", width="full")
    from_file = t2v.convert(path, tmp_path / "b.mp4", width="full", channel=1, limits=(0, 65535))
    assert numbers(from_layer.path) == [4, 3, 2, 1, 0]
    assert media(from_layer.path) == media(from_file.path)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float32", "bool"])
def test_layers_of_any_number_type(viewer, dtype):
    stack = (noise((2, 40, 60)) >> 9).astype(dtype)
    layer = viewer.add_image(stack, contrast_limits=(0, 1 if dtype == "bool" else 100))
    assert_levels(t2v.render_frame(layer, 1, width="full"), shown(stack[1], layer))


def test_an_rgb_layer_is_shown_as_it_is(viewer):
    stack = np.random.default_rng(0).integers(0, 256, (2, 40, 60, 3), dtype=np.uint8)
    layer = viewer.add_image(stack, rgb=True)
    np.testing.assert_array_equal(t2v.render_frame(layer, 1, width="full"), stack[1])


# ---- scale bars and times


def black(frames=4, size=(200, 300)):
    return np.zeros((frames, *size), np.uint16)


def written_on(source, index, **options):
    """The lines on a frame: of a scale bar, its text and the bar itself."""
    return lines(t2v.render_frame(source, index, limits=(0, 1), width="full", **options)[..., 0])


def test_lengths_and_times_of_a_layer(viewer):
    units = ("minute", "nanometer", "nanometer")
    layer = viewer.add_image(black(), scale=(5, 500, 500), units=units, name="cells")
    for source in (layer, viewer):
        text, bar = written_on(source, 2, scale_bar=True)
        assert says(text, "20 µm")
        assert bar.shape[1] == 40
        (text,) = written_on(source, 2, timestamp=True)
        assert says(text, "10:00 min")
        (text,) = written_on(source, 2, label="{name} {time}", frame_interval=1)
        assert says(text, "cells 2 s")
        text, bar = written_on(source, 0, scale_bar_length=20, pixel_size=1)
        assert bar.shape[1] == 20


def test_layers_without_units_know_no_lengths(viewer):
    layer = viewer.add_image(black())
    for source, options in itertools.product((layer, viewer), ("scale_bar", "timestamp")):
        with pytest.raises(t2v.SourceError, match=r"--(pixel-size|frame-interval)"):
            t2v.render_frame(source, 0, **{options: True})


def test_a_layer_of_slices_has_no_times(viewer):
    layer = viewer.add_image(black(), scale=(2, 0.5, 0.5), units=("um",) * 3)
    for source in (layer, viewer):
        with pytest.raises(t2v.SourceError, match=r"slices \(Z\) are played, not time"):
            t2v.render_frame(source, 0, timestamp=True, frame_interval=1)
        assert says(written_on(source, 0, scale_bar=True)[0], "20 µm")


def test_a_still_layer_below_one_that_moves(viewer):
    space = {"scale": (5, 0.5, 0.5), "units": ("second", "um", "um")}
    viewer.add_image(black(1), **space)
    viewer.add_image(black(), blending="additive", **space)
    (text,) = written_on(viewer, 3, timestamp=True)
    assert says(text, "15 s")


@pytest.mark.parametrize("channels", [1, 2])
def test_layers_that_the_reader_made_keep_the_time_of_each_plane(viewer, tmp_path, channels):
    from napari_tif2video._napari.hooks import read

    times = [0.0, 1, 2.5, 7]
    plane = {"DeltaT": np.repeat(times, channels).tolist(), "DeltaTUnit": ["min"] * 4 * channels}
    plane |= {"TheT": np.repeat(range(4), channels).tolist(), "TheC": [*range(channels)] * 4}
    meta = {"axes": "TCYX", "Plane": plane, "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}
    data = np.stack([black()] * channels, axis=1)
    tifffile.imwrite(tmp_path / "s.ome.tif", data, ome=True, metadata=meta)
    for array, options, _ in read(str(tmp_path / "s.ome.tif")):
        viewer.add_image(array, **options)
    for source in (*viewer.layers, viewer):
        (text,) = written_on(source, 2, timestamp=True)
        assert says(text, "02:30 min")
    bare = viewer.add_image(viewer.layers[0].data)  # the file has times, and this layer no unit
    with pytest.raises(t2v.SourceError, match="--frame-interval"):
        t2v.render_frame(bare, 2, timestamp=True)
    viewer.layers[0].scale = (60, *viewer.layers[0].scale[1:])  # said by hand, it holds
    (text,) = written_on(viewer.layers[0], 2, timestamp=True)
    assert says(text, "02:00 min")


def test_what_a_layer_showed_again(viewer, tmp_path, cli):
    """By its rule for a layer; by its numbers for files, which show nothing by themselves."""
    folder = write_folder(tmp_path / "pos", numbered(6))
    layer = viewer.add_image(t2v.open_stack(folder).data, name="pos", contrast_limits=(500, 50_000))
    layer.gamma = 0.5
    first = t2v.convert(layer, tmp_path / "first.mp4")
    recipe = t2v.read_recipe(first.path)
    assert (recipe.contrast, recipe.source) == ("displayed", "pos")
    assert (recipe.channels[0].limits, recipe.channels[0].gamma) == (((500, 50_000),), 0.5)
    by_rule = t2v.VideoSettings.load(first.path, reuse="rule")
    again = t2v.convert(layer, tmp_path / "again.mp4", settings=by_rule)
    assert again.path.read_bytes() == first.path.read_bytes()
    settings = t2v.VideoSettings.load(first.path)
    assert (settings.contrast, settings.limits, settings.gamma) == (None, (500, 50_000), 0.5)
    ended = cli(folder, "-o", tmp_path / "cli.mp4", "--settings", first.path)
    assert (ended.code, "used as they are: 500 50000" in ended.err) == (0, True)
    assert media(tmp_path / "cli.mp4") == media(first.path)
    ended = cli(folder, "--settings", first.path, "--reuse", "rule", "--quiet")
    assert ended.code == 1
    assert "for layers of napari" in ended.error_line


def test_the_colours_of_layers_are_in_the_recipe(viewer, tmp_path):
    stack = numbered(2)
    viewer.add_image(stack, name="a", colormap="green", contrast_limits=(0, 900))
    viewer.add_image(
        stack, name="b", colormap="viridis", blending="additive", contrast_limits=(0, 9e4)
    )
    video = t2v.convert(viewer, tmp_path / "o.mp4")
    green, viridis = t2v.read_recipe(video.path).channels
    assert (green.name, green.colours, green.limits) == ("a", "#00ff00", ((0, 900),))
    assert len(viridis.colours) == 1024
    settings = t2v.VideoSettings.load(video.path)
    assert settings.limits == ((0, 900), (0, 9e4))


@pytest.mark.parametrize("is_file", [False, True])
@pytest.mark.parametrize("mode", ["mean", "max", "min", "sum", "none"])
def test_thick_slices_are_shown_as_napari_shows_them(viewer, tmp_path, mode, is_file):
    stack = noise((3, 7, 40, 60), high=9000)
    if is_file:
        tifffile.imwrite(
            tmp_path / "z.ome.tif", stack, ome=True, metadata={"axes": "TZYX"},
            photometric="minisblack",
        )  # fmt: skip
        data = t2v.open_stack(tmp_path / "z.ome.tif").data
    else:
        data = stack
    layer = viewer.add_image(
        data, axis_labels=("t", "z", "y", "x"), scale=(1, 0.5, 1, 1), projection_mode=mode,
        contrast_limits=(0, 20000),
    )  # fmt: skip
    viewer.dims.set_point(0, 1)
    viewer.dims.set_point(1, 1.5)  # slice 3
    viewer.dims.margin_left = (0, 0.5, 0, 0)
    viewer.dims.margin_right = (0, 1, 0, 0)
    around = stack[1, 2:6].astype(float)
    plane = stack[1, 3] if mode == "none" else getattr(around, mode)(axis=0)
    naparis = np.asarray(layer._data_view)
    np.testing.assert_allclose(naparis, plane, rtol=1e-6)  # so it is understood
    viewer.dims.last_used = 0
    picture = t2v.render_frame(viewer, 1, width="full")
    assert_levels(picture, shown(plane, layer))


def test_automatic_contrast_follows_each_frame(viewer, tmp_path):
    stack = noise((3, 40, 60), low=1000, high=2000) * np.array([1, 5, 20], np.uint16)[:, None, None]
    layer = viewer.add_image(stack, contrast_limits=(0, 60000))
    if not hasattr(layer, "auto_contrast"):
        pytest.skip("came with napari 0.9")
    layer.auto_contrast = True
    viewer.dims.set_point(0, 2)
    assert tuple(layer.contrast_limits) == (stack[2].min(), stack[2].max())
    for number in range(3):
        viewer.dims.set_point(0, number)
        picture = t2v.render_frame(viewer, number, width="full", contrast="displayed")
        assert_levels(picture, shown(stack[number], layer))
    video = t2v.convert(viewer, tmp_path / "auto.mp4", width="full")
    assert video.limits == tuple((frame.min(), frame.max()) for frame in stack)
    # Beside a layer whose limits are fixed, each has its own.
    other = viewer.add_image(
        stack[::-1], colormap="green", blending="additive", contrast_limits=(500, 30000)
    )
    layer.colormap = "magenta"
    picture = t2v.render_frame(viewer, 1, width="full")
    viewer.dims.set_point(0, 1)
    assert_levels(picture, shown(stack[1], layer) + shown(stack[1], other))


@pytest.mark.parametrize(
    ("blending", "blend"),
    [("minimum", np.minimum), ("multiplicative", np.multiply), ("opaque", lambda _, above: above)],
)
def test_blendings_of_layers(viewer, blending, blend):
    stack = noise((2, 2, 40, 60))
    below = viewer.add_image(stack[0], colormap="green", contrast_limits=(0, 60000))
    above = viewer.add_image(
        stack[1], colormap="viridis", contrast_limits=(9000, 65535), blending=blending
    )
    picture = t2v.render_frame(viewer, 1, width="full")
    assert_levels(picture, blend(shown(stack[0, 1], below), shown(stack[1, 1], above)))
