"""Scale bars are as long as they say, and magnifications as asked for, after crop and resizing."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise
from helpers.ink import lines, longest_run, says

import napari_tif2video as t2v

GREY = {"limits": (0, 255)}


def flat(height, width, level=100, frames=1):
    return np.full((frames, height, width), level, np.uint8)


def shown(array, **options):
    return t2v.render_frame(array, 0, **GREY | options)


@pytest.mark.parametrize("pixel", [0.0065, 0.325, 0.65, 3.1, 170.0])
@pytest.mark.parametrize(
    "options",
    [
        {"width": "full"},
        {"width": 500},
        {"width": 313},
        {"width": 1000},
        {"width": 400, "crop": "171x200+30+7"},
        {"width": 900, "crop": "601x201"},
    ],
    ids=str,
)
def test_the_bar_is_as_long_as_it_says(pixel, options):
    array = flat(601, 801, 0)
    picture = shown(array, scale_bar=True, pixel_size=pixel, **options)[..., 0]
    columns = int(options.get("crop", "801x").split("x")[0])
    columns -= columns % 2 if options["width"] == "full" else 0
    per_px = pixel * columns / picture.shape[1]
    text, bar = lines(picture)
    units = {"nm": 1e-3, "µm": 1, "mm": 1e3}
    numbers = (1, 2, 5, 10, 20, 50, 100, 200, 500)
    (length,) = (n * um for n in numbers for unit, um in units.items() if says(text, f"{n} {unit}"))
    assert (bar == 255).all()
    bar = bar.shape[1]
    assert abs(bar - length / per_px) <= 0.5
    assert picture.shape[1] / 5 / 1.6 <= bar <= picture.shape[1] / 5 * 1.6


@pytest.mark.parametrize(
    ("length", "text"),
    [(12.5, "12.5 µm"), (0.5, "500 nm"), ("50", "50 µm"), (1000, "1 mm"), (1500, "1.5 mm")],
)
def test_a_length_of_ones_own(length, text):
    pixel = float(length) / 80
    picture = shown(flat(400, 500, 0), scale_bar_length=length, pixel_size=pixel)[..., 0]
    ink, bar = lines(picture)
    assert says(ink, text)
    assert bar.shape[1] == 80


def test_where_it_stands_and_that_it_is_dark_around():
    picture = shown(flat(400, 500), scale_bar=True, pixel_size=0.3)
    assert (picture[..., 0] == picture[..., 1]).all()
    changed = picture[..., 0] != 100
    rows, columns = np.nonzero(changed)
    assert rows.min() > 300
    assert columns.min() > 300
    assert rows.max() < 398
    assert columns.max() < 498
    bar = np.argwhere((picture[..., 0] == 255).sum(axis=1) == longest_run(picture[..., 0]))
    top, bottom = bar.min(), bar.max()
    middle = columns[rows == top].mean().astype(int)
    assert (picture[[top - 1, bottom + 1], middle] == 0).all()


@pytest.mark.parametrize("corner", ["top-left", "top-right", "bottom-left", "bottom-right"])
def test_any_corner(corner):
    picture = shown(flat(400, 500), scale_bar_corner=corner, pixel_size=0.3)[..., 0]
    rows, columns = np.nonzero(picture != 100)
    assert (rows.mean() < 200) == corner.startswith("top")
    assert (columns.mean() < 250) == corner.endswith("left")


def test_the_pixel_size_of_the_file_and_one_that_is_given(tmp_path, cli):
    path = tmp_path / "s.ome.tif"
    meta = {"axes": "TYX", "PhysicalSizeX": 0.2, "PhysicalSizeY": 0.2}
    tifffile.imwrite(path, flat(300, 400, 0, 3), ome=True, metadata=meta)
    for options, um, origin, length in (
        ([], 0.2, "from OME metadata", 20),
        (["--pixel-size", "2"], 2, "given", 200),
    ):
        text = cli(path, "--dry-run", "--scale-bar", *options).out
        assert f"{um} µm a pixel ({origin})" in text
        assert f"scale bar {length} µm" in text
        for run in (["--dry-run"], ["--quiet", "--overwrite"]):
            ended = cli(path, "--json", "--scale-bar", "-o", tmp_path / "o.mp4", *options, *run)
            (source,) = json.loads(ended.out)["sources"]
            assert (source["pixel_size_um"], source["pixel_size_origin"]) == (um, origin)
            assert source["scale_bar_um"] == length
            assert source["um_per_video_pixel"] == pytest.approx(um * 400 / 500)
    assert "µm a pixel (given)" in cli(path, "--pixel-size", "2").err


WRONG = {
    "no pixel size": (["--scale-bar"], 1, "--pixel-size"),
    "no pixel size for a magnification": (["--um-per-pixel", "1"], 1, "--pixel-size"),
    "too long": (["--scale-bar-length", "900", "--pixel-size", "1"], 1, "shorter"),
    "just too long": (["--scale-bar-length", "398", "--pixel-size", "1"], 1, "shorter"),
    "too short": (["--scale-bar-length", "0.1", "--pixel-size", "1"], 1, "longer"),
    "too coarse": (["--um-per-pixel", "50", "--pixel-size", "1"], 1, "use 0.1 to 4"),
    "too fine": (["--um-per-pixel", "0.001", "--pixel-size", "1"], 1, "use 0.1 to 4"),
    "two widths": (["--um-per-pixel", "1", "--width", "500"], 2, "leave out width"),
    "no number": (["--pixel-size", "wide"], 2, "--pixel-size"),
    "zero": (["--pixel-size", "0"], 2, "--pixel-size"),
    "negative": (["--scale-bar-length=-5"], 2, "--scale-bar-length"),
    "infinite": (["--um-per-pixel", "inf"], 2, "--um-per-pixel"),
    "no corner": (["--scale-bar-corner", "left"], 2, "bottom-right"),
}


@pytest.mark.parametrize(("options", "code", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be(tmp_path, cli, options, code, said):
    folder = write_folder(tmp_path / "in", flat(300, 400, 0, 2))
    ended = cli(folder, "--quiet", *options)
    assert ended.code == code
    assert said in ended.error_line
    assert not list(tmp_path.rglob("*.mp4"))


@pytest.mark.parametrize("um_per_px", [0.2, 0.37, 1.0, 2.5])
@pytest.mark.parametrize("crop", [None, "333x251", "500x300"])
def test_several_movies_of_one_magnification(um_per_px, crop):
    for pixel, size in ((0.65, (300, 500)), (1.3, (401, 511)), (um_per_px, (301, 501))):
        array = flat(*size)
        box = (size[1], size[0]) if crop is None else [int(n) for n in re.findall(r"\d+", crop)[:2]]
        if box[0] > size[1] or box[1] > size[0] or not 100 <= box[0] * pixel / um_per_px <= 4000:
            continue
        options = {"um_per_pixel": um_per_px, "pixel_size": pixel, "crop": crop}
        height, width, _ = shown(array, **options).shape
        assert height % 2 == width % 2 == 0
        # To the nearest even number, or an odd row or column is cut where nothing is scaled.
        assert abs(width - box[0] * pixel / um_per_px) <= 1
        assert abs(height - box[1] * pixel / um_per_px) <= 2


def test_the_magnification_takes_the_place_of_the_width(tmp_path):
    saved = t2v.VideoSettings(width=300)
    options = {"pixel_size": 1}
    assert shown(flat(100, 200), settings=saved, um_per_pixel=0.5, **options).shape[1] == 400
    saved = t2v.VideoSettings(um_per_pixel=0.5)
    assert shown(flat(100, 200), settings=saved, width=300, **options).shape[1] == 300
    with pytest.raises(t2v.SettingsError, match="um_per_pixel"):
        shown(flat(100, 200), width=500, um_per_pixel=0.5, **options)
    with pytest.raises(t2v.SettingsError, match="um_per_pixel"):
        t2v.VideoSettings(width=300, um_per_pixel=0.5)


def test_settings_of_a_file_and_options(tmp_path, cli):
    folder = write_folder(tmp_path / "in", flat(100, 200, frames=2))
    t2v.VideoSettings(um_per_pixel=0.5, pixel_size=1).save(tmp_path / "s.json")
    t2v.VideoSettings(width=300).save(tmp_path / "w.json")
    for file, options, width in (
        ("s.json", [], 400),
        ("s.json", ["--width", "300"], 300),
        ("w.json", ["--um-per-pixel", "2", "--pixel-size", "1"], 100),
    ):
        ended = cli(folder, "--settings", tmp_path / file, *options, "--dry-run", "--json")
        (source,) = json.loads(ended.out)["sources"]
        assert source["width"] == width


def test_a_batch_says_where_magnifications_differ(tmp_path, cli):
    options = {"imagej": True, "metadata": {"unit": "um"}}
    folders = [
        write_folder(tmp_path / name, noise((2, 100, width)), resolution=(2, 2), **options)
        for name, width in (("a", 200), ("b", 202), ("c", 400))
    ]
    plain = write_folder(tmp_path / "d", noise((2, 100, 400)))
    for sources in (folders[:2], [folders[0], plain], folders[:1]):
        assert "--um-per-pixel" not in cli(*sources, "--dry-run").out
    text = cli(*folders, plain, "--dry-run").out
    assert text.count("--um-per-pixel") == 1
    (value,) = re.findall(r"--um-per-pixel ([\d.]+)", text)
    text = cli(*folders, "--dry-run", "--um-per-pixel", value).out
    assert "--um-per-pixel" not in text
    assert "cannot" not in text
    videos = t2v.convert_batch(folders, output_dir=tmp_path / "out")
    assert [any("um-per-pixel" in note for note in v.notes) for v in videos] == [True, False, False]
    assert [v.um_per_video_pixel for v in videos] == pytest.approx([0.2, 0.202, 0.4])


@pytest.mark.parametrize("wanted_um", [0.34, 0.6, 1.2, 1.6, 3, 3.3, 6.9, 7.2, 13, 15, 31, 33, 690])
def test_the_round_length_is_the_nearest_one_in_ratio(tmp_path, wanted_um):
    """Of 1, 2 and 5 times any power of ten, by trying all of them."""
    stack = np.zeros((1, 50, 500), np.uint16)
    video = t2v.convert(stack, tmp_path / "x.mp4", scale_bar=True, pixel_size=wanted_um / 100)
    lengths = [n * 10.0**p for p in range(-3, 5) for n in (1, 2, 5)]
    nearest = min(lengths, key=lambda length: max(length / wanted_um, wanted_um / length))
    assert video.scale_bar_um == pytest.approx(nearest)


def test_the_shortest_bar_is_one_pixel():
    picture = shown(flat(400, 500, 0), scale_bar_length=1, pixel_size=1, width=500)[..., 0]
    *_, bar = lines(picture)
    assert bar.shape[1] == 1
    with pytest.raises(t2v.SourceError, match="less than a pixel"):
        shown(flat(400, 500, 0), scale_bar_length=0.4, pixel_size=1, width=500)


@pytest.mark.parametrize(("um_per_px", "width"), [(0.05, 4000), (2, 100)])
def test_the_widest_and_the_narrowest_video_of_a_magnification(um_per_px, width):
    assert shown(flat(4, 200), um_per_pixel=um_per_px, pixel_size=1).shape[1] == width


def test_the_bar_grows_with_its_letters():
    heights = []
    for width in (200, 2000):
        picture = shown(flat(200, 200, 0), scale_bar_length=50, pixel_size=1, width=width)
        *_, bar = lines(picture[..., 0])
        heights.append(bar.shape[0])
    assert heights[1] > 2 * heights[0]
