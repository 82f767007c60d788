"""Damage files at random and open them: each is refused in one line of ours, or read rightly.

    python tests/fuzz/fuzz.py                       # 10,000 of each kind
    python tests/fuzz/fuzz.py --number 500 ome-xml  # fewer, of some kinds
    python tests/fuzz/fuzz.py --only 1234 lzw       # one of them again, in this process

The number of a mutation is its seed: what fails is made again by its kind and number. Nothing may
take more than 10 s of CPU time, make the process grow by more than 1 GB, or end it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import re
import resource
import selectors
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

import napari_tif2video as t2v
from napari_tif2video.cli.main import main
from napari_tif2video.geometry import CropBox
from napari_tif2video.planning import plan

TESTS = Path(__file__).parents[1]
FILES = TESTS / "files"
MAX_CPU_S, MAX_WALL_S, MAX_GROWTH_MB = 10, 120, 1000

Frames = np.ndarray
_RNG = np.random.default_rng(1)
FRAME = _RNG.integers(0, 65536, (16, 24), dtype=np.uint16)
FRAMES = _RNG.integers(0, 65536, (4, 16, 24), dtype=np.uint16)
GREY8 = (FRAMES >> 8).astype(np.uint8)
HYPER = _RNG.integers(0, 65536, (2, 2, 3, 16, 24), dtype=np.uint16)
NUMBERS = (
    *(0, 1, 2, 3, 4, 8, 17, 32, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**24, 2**31 - 1),
    *(2**31, 2**32 - 2, 2**32 - 1),
)
TEXTS = (
    *("", "0", "-1", "1", "2", "7", "1e308", "-1e-308", "NaN", "inf", "1e99999999", "0x10", "1/0"),
    *("99999999999999999999", "2147483648", "1000000", "XYZCT", "TZCYX", "uint64", "float", "µm"),
    *("../../etc/passwd", "a.tif", "T", "\x1b[2J", "\u202e", "0" * 5000),
)


class FaultError(AssertionError):
    """What must not happen to a damaged file."""


# --- files that are whole -------------------------------------------------------------------


def _tiff(data: Frames, **options: Any) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        options.setdefault("photometric", "minisblack")
        tifffile.imwrite(folder / "a.tif", data, **options)
        return folder / "a.tif"

    return write


def _pages(data: Frames, **options: Any) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        with tifffile.TiffWriter(folder / "a.tif") as writer:
            for frame in data:
                writer.write(frame, contiguous=False, metadata=None, **options)
        return folder / "a.tif"

    return write


def _stk(folder: Path) -> Path:
    """A MetaMorph stack: all planes behind one page, and tags about them."""
    path = folder / "a.stk"
    times = np.array([[0, 1, 2459000, 86_000_000 + 1000 * t, 0, 0] for t in range(4)], np.uint32)
    tifffile.imwrite(
        path,
        FRAMES[0],
        metadata=None,
        photometric="minisblack",
        extratags=[(33628, 4, 2, (4, 0), True), (33629, 5, 4, (0, 1) * 4, True)],
    )
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tif:
        page = tif.pages.first
        entries = {tag.code: tag.offset for tag in page.tags}
    planes = len(content)
    content += FRAMES.tobytes() + times.tobytes()
    for code, at in ((273, planes), (33629, planes + FRAMES.nbytes)):
        content[entries[code] + 8 : entries[code] + 12] = at.to_bytes(4, "little")
    path.write_bytes(content)
    return path


def _lsm(folder: Path) -> Path:
    """Zeiss's format: each image with a thumbnail behind it, and a block about all."""
    path = folder / "a.lsm"
    head = np.zeros(128, "<i4")
    head[:10] = (67127628, 512, 24, 16, 1, 1, 4, 2, 12, 8)
    head[22] = 6  # what was scanned: T, Z, C
    info = (34412, 1, 512, head.tobytes(), True)
    with tifffile.TiffWriter(path) as writer:
        for number, frame in enumerate(FRAMES):
            tags = [info] if number == 0 else []
            writer.write(frame, contiguous=False, metadata=None, extratags=tags)
            small = GREY8[number, ::2, ::2]
            writer.write(np.stack([small] * 3, -1), contiguous=False, metadata=None, subfiletype=1)
    return path


def _copied(name: str, source: str) -> Callable[[Path], Path]:
    """Files of a program as they are."""

    def write(folder: Path) -> Path:
        whole = FILES / name
        for path in [whole] if whole.is_file() else sorted(whole.rglob("*")):
            if path.is_file():
                (folder / path.name).write_bytes(path.read_bytes())
        return folder / source

    return write


def _folder(folder: Path) -> Path:
    for number, frame in enumerate(FRAMES):
        tifffile.imwrite(folder / f"t{number}.tif", frame)
    return folder


TIFFS: dict[str, Callable[[Path], Path]] = {
    "plain": _tiff(FRAME),
    "strips": _tiff(FRAME, rowsperstrip=4),
    "tiles": _tiff(FRAME, tile=(16, 16)),
    "pages": _pages(FRAMES),
    "run": _tiff(FRAMES),
    "bigtiff": _tiff(FRAMES, bigtiff=True),
    "big-endian": _tiff(FRAMES, byteorder=">"),
    "float": _tiff(FRAMES.astype(np.float32)),
    "rgb": _tiff(np.stack([GREY8] * 3, -1), photometric="rgb"),
    "planar": _tiff(np.stack([FRAME] * 3), photometric="rgb", planarconfig="separate"),
    "palette": _tiff(
        GREY8[0], photometric="palette", colormap=np.arange(768, dtype=np.uint16).reshape(3, 256)
    ),
    "lzw": _pages(FRAMES, compression="lzw"),
    "deflate": _pages(FRAMES, compression="zlib", predictor=True),
    "zstd": _pages(FRAMES, compression="zstd"),
    "packbits": _pages(FRAMES, compression="packbits"),
    "lzma": _pages(FRAMES, compression="lzma"),
    "jpeg": _pages(GREY8, compression="jpeg"),
    "jpeg2000": _pages(FRAMES, compression="jpeg2000"),
    "imagej": _tiff(FRAMES, imagej=True, metadata={"axes": "TYX", "finterval": 5, "unit": "um"}),
    "imagej-hyper": _tiff(HYPER.swapaxes(1, 2), imagej=True, metadata={"axes": "TZCYX"}),
    "imagej-run": _tiff(FRAMES, imagej=True, truncate=True),
    "imagej-real": _copied("imagej_1.53c.tif", "imagej_1.53c.tif"),
    "imagemagick": _copied("imagemagick_multipage.tif", "imagemagick_multipage.tif"),
    "ome": _tiff(HYPER, ome=True, metadata={"axes": "TCZYX"}),
    "ome-real": _copied("ome_multi-channel.ome.tif", "ome_multi-channel.ome.tif"),
    "ome-companion": _copied("ome_companion", "multifile-Z1.ome.tiff"),
    "ndtiff": _copied("ndtiff/v3_12_bit", "."),
    "stk": _stk,
    "lsm": _lsm,
    "folder": _folder,
}  # fmt: skip


# --- damage ---------------------------------------------------------------------------------


def damaged(content: bytes, random_: random.Random) -> bytes:
    """Some bytes of a file changed, cut off, moved or repeated."""
    data = bytearray(content)
    for _ in range(random_.choice((1, 1, 1, 2, 3, 8))):
        size = len(data)
        if size < 2:
            break
        at, how = random_.randrange(size), random_.randrange(9)
        if how < 2:
            data[at] = random_.randrange(256)
        elif how == 2:
            data[at] ^= 1 << random_.randrange(8)
        elif how in (3, 4):
            nbytes = random_.choice((2, 4, 4, 8))
            value = random_.choice((*NUMBERS, size, size - 1, at)) % 256**nbytes
            order = random_.choice(("little", "little", "big"))
            data[at : at + nbytes] = value.to_bytes(nbytes, order)
        elif how == 5:
            del data[at:]
        elif how == 6:
            data[at : at + random_.randrange(1, 64)] = b""
        elif how == 7:
            other, length = random_.randrange(size), random_.randrange(1, 64)
            data[at : at + length] = data[other : other + length]
        else:
            digits = [m.span() for m in re.finditer(rb"\d+(?=[\"\s<,}=])", data)]
            if digits:
                start, stop = random_.choice(digits)
                data[start:stop] = random_.choice(TEXTS[:20]).encode()
    return bytes(data)


def damaged_xml(text: str, random_: random.Random) -> str:
    """Some attributes, elements or characters of XML changed."""
    for _ in range(random_.choice((1, 1, 2, 3, 8))):
        attributes = list(re.finditer(r' ([A-Za-z]+)="([^"]*)"', text))
        elements = list(re.finditer(r"<[^>]*>", text))
        how = random_.randrange(10)
        if how < 4 and attributes:
            found = random_.choice(attributes)
            value = random_.choice((*TEXTS, *map(str, NUMBERS)))
            text = f"{text[: found.start(2)]}{value}{text[found.end(2) :]}"
        elif how == 4 and attributes:
            found = random_.choice(attributes)
            text = text[: found.start()] + text[found.end() :]
        elif how == 5 and attributes:
            found, other = random_.choice(attributes), random_.choice(attributes)
            text = text[: found.start()] + other[0] + text[found.start() :]
        elif how == 6 and elements:
            found = random_.choice(elements)
            times = random_.choice((0, 2, 3, 50, 2000))
            text = text[: found.start()] + found[0] * times + text[found.end() :]
        elif how == 7 and elements:
            found, other = random_.choice(elements), random_.choice(elements)
            text = text[: found.start()] + other[0] + text[found.end() :]
        elif how == 8:
            at = random_.randrange(len(text) + 1)
            bomb = '<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>&c;'
            text = text[:at] + random_.choice((bomb, "<!--", "]]>", "&#0;", "<", "\0")) + text[at:]
        else:
            text = text[: random_.randrange(len(text) + 1)]
    return text


def damaged_json(value: Any, random_: random.Random) -> Any:
    """Some values of JSON replaced, removed or put in other places."""
    for _ in range(random_.choice((1, 1, 2, 3, 8))):
        places = list(_places(value))
        if not places:
            return value
        holder, key = random_.choice(places)
        how = random_.randrange(8)
        if how == 0:
            del holder[key]
        elif how == 1:
            other, name = random_.choice(places)
            with contextlib.suppress(LookupError):
                holder[key] = json.loads(json.dumps(other[name]))
        elif how == 2:
            holder[key] = [holder[key]] * random_.choice((0, 1, 2, 1000))
        elif how == 3:
            holder[key] = {random_.choice(TEXTS): holder[key]}
        else:
            others = (None, True, False, [], {}, -1, 0.5, 1e300, 10**30, -(10**400), float("inf"))
            holder[key] = random_.choice((*others, *TEXTS, *NUMBERS))
    return value


def _places(value: Any) -> Any:
    """Each value in a tree of JSON, as what holds it and the key in there."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in list(keys):
        yield value, key
        yield from _places(value[key])


# --- what is done with it -------------------------------------------------------------------


def _tiff_case(kind: str, random_: random.Random, folder: Path) -> None:
    path = TIFFS[kind](folder)
    chosen = random_.choice(sorted(p for p in folder.iterdir() if p.is_file()))
    chosen.write_bytes(damaged(chosen.read_bytes(), random_))
    os.utime(chosen, (1e9, 1e9))  # nobody is writing it any more
    _open_and_read(path)


def _xml_case(kind: str, random_: random.Random, folder: Path) -> None:
    whole = TIFFS["ome"](folder)
    with tifffile.TiffFile(whole) as tif:
        text = tif.pages.first.description
    companion = (FILES / "ome_companion" / "multifile.companion.ome").read_text("utf-8")
    if random_.randrange(3) == 0:
        path = TIFFS["ome-companion"](folder)
        (folder / "multifile.companion.ome").write_text(damaged_xml(companion, random_), "utf-8")
    else:
        path = folder / "b.ome.tif"
        description = damaged_xml(text, random_).encode("utf-8", "replace")
        tifffile.imwrite(
            path, HYPER, photometric="minisblack", metadata=None, description=description
        )
    _open_and_read(path)


def _open_and_read(path: Path) -> None:
    """Open what may be damaged, plan its video and read its frames."""
    try:
        whole = t2v.open_stack(path)
    except t2v.SourceError as exc:
        _check_message(exc, path)
        return
    for stack in (whole.images or (whole,))[:3]:
        with contextlib.suppress(t2v.Tif2VideoError):
            plan(stack, t2v.VideoSettings())
        _read(stack, path)


def _read(stack: t2v.Stack, path: Path) -> None:
    frames = stack.frames if stack.planes is None else stack.planes.frames
    assert frames is not None
    count = len(frames)
    if int(np.prod([n for _, n in stack.sizes])) != count:
        raise FaultError(f"{count} planes on a grid of {stack.sizes}")
    form = frames.format
    for index in range(count) if count <= 16 else (0, 1, count // 2, count - 1):
        label = frames.label(index)
        try:
            (frame,) = (
                f.copy()
                for f in frames.select([index]).read_frames(CropBox(*form.size[::-1], 0, 0))
            )
        except t2v.SourceError as exc:
            _check_message(exc, path)
            continue
        if (frame.shape, frame.dtype) != (form.shape, form.dtype):
            raise FaultError(
                f"frame {index} is {frame.shape} {frame.dtype} where {form} was promised"
            )
        _compare(frame, label, path)


def _compare(frame: Frames, label: str, path: Path) -> None:
    """The pixels of a page are those that tifffile finds there, where it finds some."""
    found = re.fullmatch(r"page (\d+) of (.+)", label)
    if found is None:
        return
    folder = path if path.is_dir() else path.parent
    expected = _page(folder / found[2], int(found[1]) - 1)
    if expected is None or expected.shape != frame.shape:
        return
    if not np.array_equal(expected, frame, equal_nan=frame.dtype.kind == "f"):
        raise FaultError(f"{label} is not what tifffile finds there")


def _page(path: Path, number: int) -> Frames | None:
    """A page as tifffile reads it by itself; None where it cannot, or where it is in colours."""
    try:
        with tifffile.TiffFile(path, is_ome=False) as tif:
            page = tif.pages[number].aspage()
            if page.samplesperpixel > 1 or page.photometric == 3 or page.offset == 0:
                return None
            return page.asarray()
    except Exception:  # it is damaged
        return None


def _check_message(exc: Exception, path: Path) -> None:
    text = str(exc)
    if "\n" in text or len(text) > 3000:
        raise FaultError(f"a message of {len(text)} characters or several lines: {text[:300]!r}")
    if isinstance(exc.__cause__, AssertionError):
        where = traceback.extract_tb(exc.__cause__.__traceback__)[-1].filename
        if Path(t2v.__file__).parent in Path(where).parents:
            raise FaultError(f"an assumption of ours is wrong: {text!r}")
    folder = path if path.is_dir() else path.parent
    if str(folder) not in text:
        raise FaultError(f"the message names no file: {text!r}")


SETTINGS = t2v.VideoSettings(
    width=640, fps="30000/1001", crop="20x10+1+2", percentile=(0.1, 99.9), contrast="smooth",
    gamma=0.5, colormap="viridis", anchor=True, frames="1:9:2", codec="h265", quality="high",
    max_size="8MiB", channel="GFP", z="max", play="T", axes="TCZYX", anchor_style="cross",
    anchor_size=9, anchor_colour="lime", scale_bar_length=5, scale_bar_corner="top-left",
    pixel_size=0.5, timestamp_corner="top-right", frame_interval="5min", time_start="-1h",
    label="{name} {time}", label_corner="bottom-left", position=1, on_error="skip",
    segmentation="masks/", segmentation_style="contour", tracks="{name}.csv", tracks_tail=5,
    points="p.csv", points_size=7.5, shapes="s.csv",
)  # fmt: skip


def _settings_case(kind: str, random_: random.Random, folder: Path) -> None:
    text = _damaged_text(SETTINGS.to_dict(), random_)
    path = folder / "s.json"
    path.write_bytes(text)
    try:
        settings = t2v.VideoSettings.load(path)
    except t2v.SettingsError as exc:
        _check_message(exc, path)
        return
    if t2v.VideoSettings.from_json(settings.to_json()) != settings:
        raise FaultError("settings do not come back from JSON")


_recipe: dict[str, Any] = {}


def _recipe_values() -> dict[str, Any]:
    """The recipe of a merged video with a bad frame; what measures each frame is in it, too."""
    if not _recipe:
        with tempfile.TemporaryDirectory() as name:
            video = t2v.convert(HYPER, Path(name) / "o.mp4", axes="TCZYX", channel="all", z="max")
            _recipe.update(t2v.read_recipe(video.path).to_dict())
        _recipe["calibration"] = {"pixel_size_um": 0.5, "pixel_size_origin": "given"}
    values: dict[str, Any] = json.loads(json.dumps(_recipe))
    return values


def _recipe_case(kind: str, random_: random.Random, folder: Path) -> None:
    path = folder / "r.json"
    path.write_bytes(_damaged_text(_recipe_values(), random_))
    _use_recipe(path)


def _use_recipe(path: Path) -> None:
    try:
        recipe = t2v.read_recipe(path)
    except t2v.SourceError as exc:
        _check_message(exc, path)
    else:
        with contextlib.suppress(t2v.SettingsError):
            recipe.counts(128, recipe.frames - 1)
        recipe.to_json()
    for reuse in (None, "numbers"):
        try:
            t2v.VideoSettings.load(path, reuse=reuse)
        except t2v.SettingsError as exc:
            _check_message(exc, path)
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        code = main(["--inspect", str(path)])
    if code not in (0, 1) or "unexpected" in err.getvalue():
        raise FaultError(f"--inspect ends with {code}: {err.getvalue()!r}")


_videos: dict[str, bytes] = {}


def _video_case(kind: str, random_: random.Random, folder: Path) -> None:
    """A whole video whose bytes are damaged; its recipe is read as that of any other."""
    ending = kind.removeprefix("recipe-")
    path = folder / f"v.{ending}"
    if ending not in _videos:
        t2v.convert(FRAMES, path, width=100)
        _videos[ending] = path.read_bytes()
    path.write_bytes(damaged(_videos[ending], random_))
    _use_recipe(path)


def _damaged_text(values: Any, random_: random.Random) -> bytes:
    if random_.randrange(3):
        text = json.dumps(damaged_json(values, random_)).encode()
        return text if random_.randrange(5) else damaged(text, random_)
    return damaged(json.dumps(values).encode(), random_)


_POINTS = "index,axis-0,axis-1,axis-2\n" + "".join(f"{n}.0,{n}.0,{n + 3}.5,9\n" for n in range(20))
_SHAPES = "index,shape-type,vertex-index,axis-0,axis-1,axis-2\n" + "".join(
    f"{n // 4},{('rectangle', 'ellipse', 'path')[n // 4 % 3]},{n % 4},{n // 8},{n + 1}.5,{n}\n"
    for n in range(24)
)
_TRACKS = "Trajectory\tFrame\tx\ty\tz\n" + "".join(
    f"{n // 9}\t{n % 9}\t{n}.504\t{n / 7:.3f}\t0\n" for n in range(90)
)


def _model() -> str:
    if str(TESTS) not in sys.path:  # as a program; in a test it is
        sys.path.append(str(TESTS))
    from helpers.trackmate import dividing

    return dividing()


#: The setting that names a file, the ending of its name, and what is in it.
OBJECTS: dict[str, tuple[str, str, Callable[[], str]]] = {
    "tracks-xml": ("tracks", "xml", _model),
    "tracks-csv": ("tracks", "csv", lambda: _TRACKS),
    "points-csv": ("points", "csv", lambda: _POINTS),
    "shapes-csv": ("shapes", "csv", lambda: _SHAPES),
}
_GROUND = np.zeros((50, 128, 128), np.uint8)


def _objects_case(kind: str, random_: random.Random, folder: Path) -> None:
    """What is drawn at places of the data: read, compared with the frames, and drawn."""
    name, ending, text = OBJECTS[kind]
    path = folder / f"o.{ending}"
    whole = text()
    if ending == "xml" and random_.randrange(2):
        whole = damaged_xml(whole, random_)
        path.write_text(whole, "utf-8", errors="replace")
    else:
        path.write_bytes(damaged(whole.encode(), random_))
    settings = t2v.VideoSettings(**{name: path}, width=100)
    try:
        planned = plan(t2v.open_stack(_GROUND), settings)
        if random_.randrange(8) == 0:
            t2v.render_frame(_GROUND, random_.randrange(50), settings=settings)
    except t2v.SourceError as exc:
        if "\n" in str(exc) or len(str(exc)) > 3000 or "o." not in str(exc):
            raise FaultError(f"an odd message: {str(exc)[:300]!r}") from exc
        return
    (drawn,) = planned.drawn
    if not 0 <= drawn.left_out <= 10_000 or any("\n" in note for note in planned.notes):
        raise FaultError(f"{drawn} {planned.notes}")


KINDS: dict[str, Callable[[str, random.Random, Path], None]] = {
    **dict.fromkeys(TIFFS, _tiff_case),
    "ome-xml": _xml_case,
    **dict.fromkeys(OBJECTS, _objects_case),
    "settings": _settings_case,
    "recipe": _recipe_case,
    "recipe-mp4": _video_case,
    "recipe-mkv": _video_case,
    "recipe-gif": _video_case,
}


def check(kind: str, number: int) -> None:
    """One mutation. What it raises, other than our own errors, is a fault."""
    random_ = random.Random(f"{kind} {number}")
    begun, before = _cpu_s(), _peak_mb()
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings(record=True) as said:
        try:
            KINDS[kind](kind, random_, Path(name))
        except t2v.Tif2VideoError as exc:
            raise FaultError(f"an error where none is expected: {exc}") from exc
    if said:
        raise FaultError(f"a warning that users would see: {said[0].message} ({said[0].filename})")
    if _cpu_s() - begun > MAX_CPU_S:
        raise FaultError(f"{_cpu_s() - begun:.1f} s of CPU time")
    if _peak_mb() - before > MAX_GROWTH_MB:
        raise FaultError(f"grew by {_peak_mb() - before:.0f} MB")


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak_mb() -> float:
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


# --- the program ----------------------------------------------------------------------------


def _work(kind: str, numbers: range) -> None:
    """Check mutations one after the other, and say so on stdout."""
    for number in numbers:
        try:
            check(kind, number)
        except Exception as exc:
            print(f"{number} {type(exc).__name__}: {' '.join(str(exc).split())[:500]}", flush=True)
        else:
            print(number, flush=True)


def _watch(kind: str, numbers: range) -> list[str]:
    """What went wrong in a process that checks these; one that dies or hangs is started again."""
    faults = []
    start = numbers.start
    while start < numbers.stop:
        command = [sys.executable, __file__, "--work", str(start), str(numbers.stop), kind]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            selector = selectors.DefaultSelector()
            selector.register(process.stdout, selectors.EVENT_READ)
            while selector.select(timeout=MAX_WALL_S):
                line = process.stdout.readline()
                if not line:
                    break
                number, _, fault = line.strip().partition(" ")
                start = int(number) + 1
                if fault:
                    faults.append(f"{kind} {number}: {fault}")
                    print(faults[-1], flush=True)
            else:
                process.kill()
            if start < numbers.stop:
                code = process.wait()
                faults.append(f"{kind} {start}: the process hung or died ({code})")
                print(faults[-1], flush=True)
                start += 1
    return faults


def run(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kind", nargs="*", help=f"{', '.join(KINDS)} (default: all)")
    parser.add_argument("--number", type=int, default=10_000, help="of each kind")
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument(
        "--only", type=int, help="one mutation, in this process, with its traceback"
    )
    parser.add_argument("--work", type=int, nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    faults = []
    for kind in args.kind or KINDS:
        if args.only is not None:
            check(kind, args.only)
        elif args.work is not None:
            _work(kind, range(*args.work))
        else:
            begun = time.perf_counter()
            found = _watch(kind, range(args.first, args.first + args.number))
            seconds = time.perf_counter() - begun
            print(
                f"{kind}: {args.number} mutations, {len(found)} faults, {seconds:.0f} s", flush=True
            )
            faults += found
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(run())
