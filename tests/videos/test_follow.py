"""A box that follows an object: where the object is in the decoded video, and what is said."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise
from helpers.video import decoded, grey_of, media

import napari_tif2video as t2v
from napari_tif2video.cli.main import main
from napari_tif2video.data.tiff.frames import FileFrames
from napari_tif2video.planning import plan
from napari_tif2video.recipe import Recipe, RecipeChannel

FRAMES, HEIGHT, WIDTH = 60, 200, 240


@pytest.fixture(scope="module")
def cells():
    """Two blobs on known ways, one of them up to the border, over noise; and their tracks."""
    t = np.arange(FRAMES)
    ways = {
        3: (100 + 60 * np.sin(t / 9) + 0.37, 120 + 80 * np.cos(t / 11)),
        8: (20.5 + t * 2.6, 225.0 - 0.5 * t),
    }
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    frames = 200 + np.random.default_rng(0).normal(0, 20, (FRAMES, HEIGHT, WIDTH))
    for rows, columns in ways.values():
        for frame, row, column in zip(frames, rows, columns, strict=True):
            frame += 5000 * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 2 / 3**2)
    rows = [(n, i, way[0][i], way[1][i]) for n, way in ways.items() for i in t]
    return frames.round().astype(np.uint16), np.array(rows)


def away_from_the_centre(picture, box, reach=12):
    """How far the middle of a bright blob is from that of the picture, in pixels of the data."""
    height, width = picture.shape
    y, x = np.mgrid[:height, :width] + 0.5
    y, x = (y - height / 2) * box[0] / height, (x - width / 2) * box[1] / width
    bright = np.where(np.hypot(y, x) < reach, np.clip(picture - 40, 0, None), 0)
    return np.hypot((bright * y).sum(), (bright * x).sum()) / bright.sum()


@pytest.mark.parametrize(("number", "width"), [(3, 200), (3, 100), (3, "full"), (8, 300)])
def test_the_object_stays_within_half_a_pixel_of_the_centre(cells, tmp_path, number, width):
    frames, tracks = cells
    video = t2v.convert(
        frames, tmp_path / "v.mp4", follow=tracks, follow_id=number, crop="120x101", width=width,
        limits=(0, 6000),
    )  # fmt: skip
    pictures = grey_of(decoded(video.path))
    assert len(pictures) == FRAMES
    # Without scaling, the odd row is cut.
    box = (101 if width != "full" else 100, 120)
    assert max(away_from_the_centre(picture, box) for picture in pictures) < 0.3


def test_the_recipe_has_the_way_of_the_box(cells, tmp_path):
    frames, tracks = cells
    np.savetxt(tmp_path / "my.csv", tracks, delimiter=",", header="track_id,t,y,x", comments="")
    video = t2v.convert(
        frames, tmp_path / "v.mp4", follow=tmp_path / "my.csv", follow_id=8, crop="61x41"
    )
    recipe = t2v.read_recipe(video.path)
    own = tracks[tracks[:, 0] == 8]
    assert np.allclose(recipe.moves, own[:, 2:] - [20, 30], atol=1e-4)
    assert (recipe.crop.width, recipe.crop.height) == (61, 41)
    assert recipe.settings["follow"] == "my.csv"
    assert recipe.settings["follow_id"] == 8
    assert recipe.to_dict()["tif2video"] == 2
    assert (recipe.source_size, recipe.source_type) == ((WIDTH, HEIGHT), "uint16")


def test_a_long_way_fits_into_the_recipe():
    stack = np.broadcast_to(noise((1, 20, 20)), (12_000, 20, 20))
    way = np.random.default_rng(0).uniform(5, 15, (12_000, 2))
    settings = t2v.VideoSettings(follow=np.c_[np.arange(12_000), way], crop="8x8")
    made = plan(t2v.open_stack(stack), settings)
    recipe = Recipe(
        "a", "0", "1", (20, 20), "uint16", {}, "global", (RecipeChannel("", 0, ((0.0, 1.0),)),),
        0.0, 12_000, made.indices, made.picture.box, 500, 500, moves=made.timeline.moves,
    )  # fmt: skip
    text = recipe.to_text()
    assert len(text) < 1_000_000
    assert Recipe.from_json(text).moves == made.timeline.moves
    assert Recipe.from_json(recipe.to_json()).moves == made.timeline.moves


def test_gaps_are_crossed_straight_and_said(cells, tmp_path):
    frames, tracks = cells
    own = tracks[tracks[:, 0] == 8]  # on a straight line
    with_gaps = own[[0, 1, 10, 11, 40, 50]]
    video = t2v.convert(
        frames, tmp_path / "v.mp4", follow=with_gaps, crop="101x101", limits=(0, 6000)
    )
    pictures = grey_of(decoded(video.path))
    assert len(pictures) == 51  # as long as the track lives
    assert max(away_from_the_centre(picture, (101, 101)) for picture in pictures) < 0.3
    assert any("in 45 frames of it the track has a gap" in note for note in video.notes)


def test_a_smoothed_way_says_how_far_the_object_gets_from_the_centre(cells, tmp_path):
    frames, tracks = cells
    own = tracks[tracks[:, 0] == 3].copy()
    rng = np.random.default_rng(1)
    shaken = own + np.c_[np.zeros((FRAMES, 2)), rng.normal(0, 1, (FRAMES, 2))]
    settings = {"crop": "121x101", "limits": (0, 6000), "follow": shaken}
    moves = []
    for smooth in (None, 5):
        path = tmp_path / f"{smooth}.mp4"
        video = t2v.convert(frames, path, follow_smooth=smooth, **settings)
        moves.append(np.array(t2v.read_recipe(path).moves))
    rough, smoothed = moves
    expected = np.array(
        [rough[i - r : i + r + 1].mean(axis=0) for i in range(60) for r in [min(2, i, 59 - i)]]
    )
    assert np.allclose(smoothed, expected, atol=2e-4)
    away = np.hypot(*(rough - smoothed).T).max()
    assert any(f"up to {away:.1f} px away" in note for note in video.notes)


def test_at_the_border_it_is_black_and_said_and_no_part_of_the_contrast(cells, tmp_path):
    frames, tracks = cells
    video = t2v.convert(
        frames + 1000, tmp_path / "v.mp4", follow=tracks, follow_id=8, crop="101x101", width="full",
        contrast="global",
    )  # fmt: skip
    pictures = decoded(video.path)
    own = tracks[tracks[:, 0] == 8]
    corners = own[:, 2:] - 49.5  # of the 100 px that are shown
    outside = [max(0, -top, -left, top + 100 - HEIGHT, left + 100 - WIDTH) for top, left in corners]
    number = sum(each > 0 for each in outside)
    assert number
    assert any(
        f"in {number} of 60 frames the box reaches outside" in note
        and f"by up to {np.ceil(max(outside)):.0f} px" in note
        for note in video.notes
    )
    assert video.limits[0] > 1000  # the counts of the background, and not the black around
    for picture, (top, left) in zip(pictures, corners, strict=True):
        if top < -2:
            assert picture[: int(-top) - 1].max() <= 17
        if left + 100 > WIDTH + 2:
            assert picture[:, int(WIDTH - left) + 2 :].max() <= 17


def test_whole_pixels_are_the_very_bytes_of_a_fixed_crop(tmp_path):
    frames = noise((5, 80, 90), high=4000)
    still = [(0, i, 40, 30) for i in range(5)]
    options = {"crop": "41x21", "width": 200, "contrast": "global"}
    followed = t2v.convert(frames, tmp_path / "f.mp4", follow=still, **options)
    fixed = t2v.convert(frames, tmp_path / "c.mp4", **options | {"crop": "41x21+10+30"})
    assert media(followed.path) == media(fixed.path)


def test_the_middle_of_a_label_is_followed(cells, tmp_path):
    frames, tracks = cells
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    labels = np.zeros(frames.shape, np.uint16)
    for number, t, row, column in tracks:
        labels[int(t)][np.hypot(y - row, x - column) < 9] = number
    folder = write_folder(tmp_path / "labels", labels)
    video = t2v.convert(
        frames, tmp_path / "v.mp4", follow=folder, follow_id=3, crop="121x101", limits=(0, 6000)
    )
    pictures = grey_of(decoded(video.path))
    assert max(away_from_the_centre(picture, (101, 121)) for picture in pictures) < 0.5


def test_masks_that_changed_in_place_are_read_anew(tmp_path):
    """The folder's own time of change stays as it is."""
    labels = np.zeros((3, 60, 70), np.uint16)
    labels[:, 20:23, 30:33] = 1
    folder = write_folder(tmp_path / "labels", labels)
    options = {"follow": folder, "crop": "21x21", "width": "full"}
    frames = noise(labels.shape)
    before = t2v.render_frame(frames, 1, **options)
    time = folder.stat().st_mtime_ns
    labels[1, 20:23, 30:33], labels[1, 24:27, 35:38] = 0, 1
    name = sorted(folder.iterdir())[1]
    tifffile.imwrite(name, labels[1])
    assert folder.stat().st_mtime_ns == time
    after = t2v.render_frame(frames, 1, **options)
    assert not np.array_equal(before, after)
    copy = write_folder(tmp_path / "copy", labels)
    assert np.array_equal(after, t2v.render_frame(frames, 1, **options | {"follow": copy}))


def test_any_number_of_workers_and_parts_of_time_give_the_same(cells, tmp_path):
    frames, tracks = cells
    folder = write_folder(tmp_path / "pos", frames)
    options = {"follow": tracks, "follow_id": 3, "crop": "100x100", "contrast": "global"}
    one, four = (
        t2v.convert(folder, tmp_path / f"{n}.mp4", workers=n, **options).path for n in (1, 4)
    )
    assert one.read_bytes() == four.read_bytes()
    part = t2v.convert(folder, tmp_path / "part.mp4", frames="10:40:3", **options)
    assert np.allclose(
        t2v.read_recipe(part.path).moves, np.array(t2v.read_recipe(one).moves)[10:40:3]
    )
    picture = t2v.render_frame(folder, 5, frames="10:40:3", **options)
    assert np.abs(picture[..., 0] - grey_of(decoded(part.path))[5]).mean() < 3


def test_arrows_stay_at_their_place_in_the_data(tmp_path):
    frames = np.full((4, 100, 100), 100, np.uint16)
    way = [(0, i, 50, 30 + 10 * i) for i in range(4)]
    video = t2v.convert(
        frames, tmp_path / "v.mp4", follow=way, crop="61x61", width=244, limits=(0, 1000),
        arrow="45,50",
    )  # fmt: skip
    for number, picture in enumerate(decoded(video.path)):
        rows, columns = np.nonzero(picture > 150)
        # The tip is at 45.5 in the data, its other end nearer to the middle of the picture.
        tip = (45.5 - (30 + 10 * number + 0.5 - 30.5)) * 4
        at_tip = columns.min() if tip < 122 else columns.max()
        assert abs(at_tip - tip) < 4
        assert abs(rows.mean() - 122) < 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"follow_id": 4, "crop": "50x50"}, "has no track 4, but 2 tracks: 3, 8"),
        ({"crop": "50x50"}, "2 tracks: 3, 8; add --follow-id 3 or each"),
        ({"follow_id": 3, "crop": "50x50", "frames": "70:"}, "none of its 60 frames"),
        ({"follow_id": 3, "crop": "500x50"}, "larger than the frame"),
    ],
)
def test_what_cannot_be_followed_is_said(cells, tmp_path, options, said):
    frames, tracks = cells
    with pytest.raises(t2v.SourceError, match=said):
        t2v.convert(frames, tmp_path / "v.mp4", follow=tracks, **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"follow": "t.csv"}, "how large the box is"),
        ({"follow": "t.csv", "crop": "5x5+1+1"}, "leave out its corner"),
        ({"follow_id": 3}, "nothing to follow"),
        ({"follow": "t.csv", "crop": "5x5", "follow_smooth": 4}, "odd number"),
        ({"follow": "t.csv", "crop": "5x5", "follow_id": "all"}, "or 'each'"),
        ({"follow": "t.csv", "crop": "5x5", "stabilise": True}, "takes drift along"),
        ({"follow": [1, 2, 3], "crop": "5x5"}, "expected a file of tracks or an array"),
    ],
)
def test_settings_that_make_no_sense_are_refused(options, said):
    with pytest.raises(t2v.SettingsError, match=said):
        t2v.VideoSettings(**options)


def test_a_track_at_two_places_at_once_is_refused(cells, tmp_path):
    frames, _ = cells
    with pytest.raises(t2v.SourceError, match="track 1 is at two places in frame 2"):
        t2v.convert(frames, tmp_path / "v.mp4", follow=[(1, 2, 3, 4), (1, 2, 5, 6)], crop="9x9")


@pytest.fixture
def reads(monkeypatch):
    """How often each file of a folder is read."""
    counted = {}
    read_frames = FileFrames.read_frames

    def counting(self, box):
        for name, frame in zip(self.names, read_frames(self, box), strict=True):
            counted[name] = counted.get(name, 0) + 1
            yield frame

    monkeypatch.setattr(FileFrames, "read_frames", counting)
    return counted


def many_tracks(count, frames, size, seed=0):
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        first = int(rng.integers(0, frames - 4))
        last = int(rng.integers(first + 2, frames))
        places = rng.uniform(10, np.array(size) - 10) + rng.normal(0, 2, (last - first, 2))
        rows += [(number, first + i, *place) for i, place in enumerate(places)]
    return np.array(rows)


@pytest.mark.parametrize("contrast", [None, "global", "local"])
def test_a_clip_of_each_track_reads_each_frame_once(tmp_path, reads, contrast):
    frames = noise((30, 90, 100), low=100, high=4000)
    folder = write_folder(tmp_path / "pos", frames)
    tracks = many_tracks(12, 30, (90, 100))
    options = {"crop": "40x30", "width": 100, "contrast": contrast, "follow": tracks}
    videos = t2v.convert_batch([folder], output_dir=tmp_path / "out", follow_id="each", **options)
    assert [video.status for video in videos] == ["ok"] * 12
    assert len({video.path for video in videos}) == 12
    shown = {f"t{int(t)}.tif" for t in tracks[:, 1]}
    assert reads == dict.fromkeys(shown, 1)
    if contrast is None:
        assert {video.contrast for video in videos} == {"batch"}
        assert len({video.limits for video in videos}) == 1
    for video, number in zip(videos, range(12), strict=True):
        assert f"_follow_{number}_" in video.path.name
        assert video.frames == (tracks[:, 0] == number).sum()
    # Each is the very video that it would be alone.
    alone = dict(options, contrast=contrast or None)
    if contrast is None:
        alone = dict(options, limits=videos[5].limits)
    one = t2v.convert(folder, tmp_path / "one.mp4", follow_id=5, **alone)
    assert media(one.path) == media(videos[5].path)


def test_percentiles_of_all_clips_are_those_of_all_they_show(tmp_path):
    frames = noise((8, 90, 100), low=100, high=4000)
    tracks = np.array([(n, t, 20 + 5 * n, 30 + 6 * n) for n in range(6) for t in range(8)])
    videos = t2v.convert_batch(
        [frames], output_dir=tmp_path, follow=tracks, follow_id="each", crop="41x31", width="full",
        percentile=(5, 90),
    )  # fmt: skip
    shown = [frames[:, y - 15 : y + 15, x - 20 : x + 20] for _, _, y, x in tracks[::8]]
    # An odd row or column is cut, so that corners lie between pixels, and counts are mixed.
    assert {video.contrast for video in videos} == {"batch"}
    (limits,) = {video.limits for video in videos}
    assert len(videos) == 6
    assert np.percentile(shown, 5) < limits[0] < limits[1] < np.percentile(shown, 90)
    odd = t2v.convert_batch(
        [frames], output_dir=tmp_path, follow=tracks, follow_id="each", crop="41x31", width=100,
        percentile=(5, 90),
    )  # fmt: skip
    shown = [frames[:, y - 15 : y + 16, x - 20 : x + 21] for _, _, y, x in tracks[::8]]
    assert {video.limits for video in odd} == {tuple(np.percentile(shown, [5, 90]))}
    assert all(0.05 < video.clipped < 0.16 for video in odd)


def test_clips_beyond_the_memory_are_read_in_groups(tmp_path, reads):
    frames = noise((10, 90, 100), low=100, high=4000)
    folder = write_folder(tmp_path / "pos", frames)
    tracks = np.array([(n, t, 20 + n, 50 + t) for n in range(6) for t in range(10)])
    options = {"follow": tracks, "follow_id": "each", "crop": "41x31", "width": 100}
    part = (31 + 4) * (41 + 4) * 2 * 10
    few = t2v.convert_batch(
        [folder], output_dir=tmp_path / "few", memory_budget=2 * part, **options
    )
    assert set(reads.values()) == {6}  # three groups, measured and then made
    assert any("they are made in 3 groups" in note for note in few[0].notes)
    reads.clear()
    all_at_once = t2v.convert_batch([folder], output_dir=tmp_path / "all", **options)
    assert set(reads.values()) == {1}
    for one, other in zip(few, all_at_once, strict=True):
        assert one.path.read_bytes() == other.path.read_bytes()


def test_a_frame_that_cannot_be_read_fails_or_leaves_the_clips_that_show_it(tmp_path):
    frames = noise((10, 60, 60))
    folder = write_folder(tmp_path / "pos", frames)
    file = folder / "t7.tif"
    file.write_bytes(file.read_bytes()[:-3000])
    tracks = [(0, t, 30, 30) for t in range(6)] + [(1, t, 30, 30) for t in range(4, 10)]
    options = {"follow": tracks, "follow_id": "each", "crop": "21x21", "width": 100}
    first, second = t2v.convert_batch([folder], output_dir=tmp_path / "fail", **options)
    assert (first.status, second.status) in (("ok", "failed"), ("failed", "failed"))
    assert "t7.tif" in second.error
    videos = t2v.convert_batch(
        [folder], output_dir=tmp_path / "skip", on_error="skip", contrast="local", **options
    )
    assert [video.frames for video in videos] == [6, 5]
    assert [bad.frame for bad in videos[1].bad_frames] == [7]


def test_merged_channels_and_panels_follow_too(tmp_path):
    frames = noise((6, 2, 60, 60))
    tifffile.imwrite(tmp_path / "c.ome.tif", frames, metadata={"axes": "TCYX"})
    tracks = [(n, t, 20 + 5 * n, 30 + t) for n in range(3) for t in range(6)]
    options = {"follow": tracks, "crop": "21x21", "width": 100}
    for extra in ({"channel": "all"}, {"panels": "channels"}):
        videos = t2v.convert_batch(
            [tmp_path / "c.ome.tif"], output_dir=tmp_path / str(*extra), follow_id="each",
            **options, **extra,
        )  # fmt: skip
        assert [video.status for video in videos] == ["ok"] * 3, videos[0].error
        assert [video.frames for video in videos] == [6] * 3


def test_the_command_line_follows_and_goes_on(tmp_path):
    folder = write_folder(tmp_path / "pos", noise((120, 60, 60)))
    rows = "\n".join(f"1,{t},30.25,{20 + t / 6}" for t in range(120))
    (tmp_path / "t.csv").write_text("track_id,frame,y,x\n" + rows)
    options = ["--follow", str(tmp_path / "t.csv"), "--crop", "30x30", "--width", "100", "--resume"]
    assert main([str(folder), *options]) == 0
    (made,) = folder.glob("*.mp4")
    assert made.name == "100px_10fps_crop_30x30_follow_1_video.mp4"
    assert main([str(folder), *options, "--skip-existing"]) == 0
    settings = t2v.VideoSettings.load(made)
    assert settings.follow == "t.csv"
    assert settings.follow_id == 1
