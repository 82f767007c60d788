"""Drift is found and taken back: known drifts, and what is left in the decoded video."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise
from helpers.video import decoded

import napari_tif2video as t2v
from napari_tif2video.planning import plan

pytest.importorskip("skimage")

FRAMES, SIDE = 24, 200


def scene(*, moving=0, bleaching=0.0, noise_sd=10.0, seed=0):
    """Blobs that drift together, others that go their own way, and the drift of each frame."""
    rng = np.random.default_rng(seed)
    drift = np.cumsum(rng.normal(0, 0.7, (FRAMES, 2)), axis=0)
    drift -= drift[0]
    y, x = np.mgrid[:SIDE, :SIDE]
    still, away = rng.uniform(0, SIDE, (50, 2)), rng.uniform(0, SIDE, (moving, 2))
    speed = rng.normal(0, 1.5, (moving, 2))
    frames = np.zeros((FRAMES, SIDE, SIDE))
    for t, frame in enumerate(frames):
        places = [*(still + drift[t]), *(away + speed * t + drift[t])]
        for number, (row, column) in enumerate(places):
            bright = 300 + 9 * number if number < len(still) else 500
            frame += bright * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 32)
        frame *= np.exp(-bleaching * t)
    counts = rng.poisson(frames + 100) + rng.normal(0, noise_sd, frames.shape)
    return np.clip(counts, 0, None).round().astype(np.uint16), drift


@pytest.mark.parametrize(
    ("options", "most_px"),
    [
        ({}, 0.1),
        ({"noise_sd": 30}, 0.1),
        ({"bleaching": 0.05}, 0.1),
        ({"moving": 30, "bleaching": 0.02}, 0.1),
    ],
    ids=["plain", "noisy", "bleaching", "moving cells"],
)
def test_a_known_drift_is_found_to_a_tenth_of_a_pixel(tmp_path, options, most_px):
    frames, drift = scene(**options)
    video = t2v.convert(frames, tmp_path / "v.mp4", stabilise=True, contrast="global")
    found = np.array(t2v.read_recipe(video.path).moves)
    assert np.abs(found - drift).max() < most_px
    far = np.hypot(*found.T).max()
    assert any(f"a drift of up to {far:.1f} px is taken back" in note for note in video.notes)


def test_what_stands_still_does_so_in_the_video(tmp_path):
    frames, drift = scene(noise_sd=2)
    options = {"width": "full", "limits": (0, 1500), "quality": "high"}
    before, after = (
        decoded(t2v.convert(frames, tmp_path / f"{is_on}.mp4", stabilise=is_on, **options).path)
        for is_on in (False, True)
    )
    inside = slice(20, -20)
    apart = [
        np.abs(video[-1, inside, inside].astype(float) - video[0, inside, inside]).mean()
        for video in (before, after)
    ]
    assert np.hypot(*drift[-1]) > 2
    assert apart[1] < apart[0] / 4


def test_whole_frames_of_a_shifted_crop_come_back_bit_for_bit(tmp_path):
    """A camera image of noise, of which each frame shows another part: the drift is in whole
    pixels, so that nothing is interpolated inside."""
    large = noise((260, 260), low=100, high=4000)
    ways = [(0, 0), (3, -7), (12, 4), (-9, 9)]
    frames = np.stack([large[20 + y : 220 + y, 20 + x : 220 + x] for y, x in ways])
    video = t2v.convert(frames, tmp_path / "v.mp4", stabilise=True, contrast="global")
    assert t2v.read_recipe(video.path).moves == tuple((-y, -x) for y, x in ways)
    advice = next(note for note in video.notes if "--crop" in note)
    crop = advice.split("--crop ")[1].split()[0]
    assert crop == "184x179+9+12"
    pictures = [
        t2v.render_frame(frames, i, stabilise=True, crop=crop, width="full", limits=(0, 5000))
        for i in range(4)
    ]
    assert all(np.array_equal(picture, pictures[0]) for picture in pictures)


def test_any_number_of_workers_gives_the_same_and_files_are_gone_on_with(tmp_path):
    frames, _ = scene()
    folder = write_folder(tmp_path / "pos", frames)
    options = {"stabilise": True, "contrast": "global"}
    one, two = (
        t2v.convert(folder, tmp_path / f"{n}.mp4", workers=n, resume=True, **options).path
        for n in (1, 3)
    )
    assert one.read_bytes() == two.read_bytes()
    (batch,) = t2v.convert_batch([folder], output_dir=tmp_path, stabilise=True, contrast="batch")
    assert batch.status == "ok"
    assert batch.path.name.endswith("_batch_norm_stabilised_video.mp4")
    alone = t2v.read_recipe(one)
    assert t2v.read_recipe(batch.path).moves == alone.moves
    assert t2v.read_recipe(batch.path).channels[0].limits == alone.channels[0].limits


def test_the_drift_of_colours_is_that_of_their_grey(tmp_path):
    frames, drift = scene(noise_sd=2)
    colours = (frames // 8).clip(0, 255).astype(np.uint8)[..., np.newaxis].repeat(3, axis=3)
    colours[..., 2] = 0
    video = t2v.convert(colours[:6], tmp_path / "v.mp4", stabilise=True)
    assert np.abs(np.array(t2v.read_recipe(video.path).moves) - drift[:6]).max() < 0.3
    assert not any("measured in channel" in note for note in video.notes)
    settings = t2v.VideoSettings(stabilise=True, channel="all")
    merged = plan(t2v.open_stack(np.stack([frames] * 2, axis=1), axes="TCYX"), settings)
    assert "drift is measured in channel 0, and taken back in all" in merged.notes


def test_frames_that_show_nothing_lie_between_their_neighbours(tmp_path):
    frames, drift = scene()
    frames[7] = 100
    video = t2v.convert(frames, tmp_path / "v.mp4", stabilise=True)
    found = np.array(t2v.read_recipe(video.path).moves)
    assert np.allclose(found[7], (found[6] + found[8]) / 2, atol=0.03)
    assert np.abs(np.delete(found - drift, 7, axis=0)).max() < 0.1


def test_without_the_library_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("napari_tif2video.planning.moves.find_spec", lambda name: None)
    with pytest.raises(t2v.SourceError, match=r"napari-tif2video\[stabilise\]"):
        t2v.convert(noise((3, 50, 50)), tmp_path / "v.mp4", stabilise=True)
