"""The site: it builds without the network and without a warning, and its videos play."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import av
import pytest
from blocks import blocks_of
from helpers.pages import DOCS

pytest.importorskip("sphinx", reason="the site is made by Sphinx")
pytest.importorskip("myst_parser")
pytest.importorskip("pydata_sphinx_theme")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site; a warning, such as a link that leads nowhere, is an error."""
    folder = tmp_path_factory.mktemp("site")
    nowhere = "http://127.0.0.1:9"
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", DOCS, folder],
        capture_output=True,
        text=True,
        env=os.environ | {"http_proxy": nowhere, "https_proxy": nowhere},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium; on a build machine it has to be there."""
    webdriver = pytest.importorskip("selenium.webdriver")
    driver = shutil.which("chromedriver")
    names = "chromium", "chromium-browser", "google-chrome"
    program = next(filter(None, map(shutil.which, names)), None)
    if not (program and driver):
        missing = "Chromium and its driver are not installed: videos on the site are not played"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    options = webdriver.ChromeOptions()
    options.binary_location = program
    options.page_load_strategy = "eager"  # what is looked at needs no pictures
    for argument in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--autoplay-policy=no-user-gesture-required", "--window-size=1280,900",
    ):  # fmt: skip
        options.add_argument(argument)
    service = webdriver.ChromeService(executable_path=driver)
    browser = webdriver.Chrome(options=options, service=service)
    browser.set_script_timeout(20)
    yield browser
    browser.quit()


def test_all_pages_are_there_and_fetch_nothing(site):
    """Not a font, a script, a style or a picture from elsewhere."""
    for page in DOCS.rglob("*.md"):
        html = (site / page.relative_to(DOCS)).with_suffix(".html").read_text("utf-8")
        loaded = re.findall(r"<(?:script|img|video|source|iframe)[^>]*\ssrc=\"([^\"]+)", html)
        loaded += re.findall(
            r"<link[^>]*rel=\"(?:stylesheet|preload|icon)\"[^>]*href=\"(.+?)\"", html
        )
        assert loaded
        assert [address for address in loaded if re.match(r"(https?:)?//", address)] == []
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//", style.read_text("utf-8")), style


def test_the_reference_has_every_public_name(site):
    import napari_tif2video as t2v

    html = (site / "reference" / "python.html").read_text("utf-8")
    documented = set(re.findall(r'id="napari_tif2video\.(\w+)"', html))
    assert documented == {name for name in t2v.__all__ if not name.startswith("__")}


MOVIES = [
    (page, block.language.split()[1])
    for page in sorted(DOCS.rglob("*.md"))
    for block in blocks_of(page)
    if block.language.startswith("{movie}")
]

# Plays a while, then seeks to a given time; the picture that is painted there comes with its time.
PLAYED = """
const [time, done] = arguments, video = document.querySelectorAll("video")[%d];
const painted = () => new Promise(found => video.requestVideoFrameCallback((_, f) => found(f)));
(async () => {
    await video.play();
    const first = await painted(), later = await painted();
    video.pause();
    video.currentTime = time;
    const there = await painted();
    done({
        moved: later.mediaTime - first.mediaTime, at: there.mediaTime,
        width: video.videoWidth, height: video.videoHeight, duration: video.duration,
    });
})().catch(error => done({error: String(error)}));
"""


@pytest.mark.parametrize("page", sorted({page for page, _ in MOVIES}), ids=lambda page: page.stem)
def test_videos_play(site, browser, page):
    """They begin, seek to a frame in the middle, and last as long as they should."""
    names = [name for shown, name in MOVIES if shown == page]
    browser.get((site / page.relative_to(DOCS)).with_suffix(".html").as_uri())
    for number, name in enumerate(names):
        file = "-".join([*page.relative_to(DOCS).with_suffix("").parts, name])
        with av.open(str(site / "_movies" / file)) as container:
            stream = container.streams.video[0]
            frames = sum(1 for _ in container.decode(stream))
            fps, size = float(stream.average_rate), (stream.width, stream.height)
        middle = (frames // 2 + 0.5) / fps
        played = browser.execute_async_script(PLAYED % number, middle)
        assert "error" not in played, played
        assert played["moved"] == pytest.approx(1 / fps, abs=0.02)
        assert played["at"] == pytest.approx((frames // 2) / fps, abs=0.02)
        assert (played["width"], played["height"]) == size
        assert played["duration"] == pytest.approx(frames / fps, abs=0.01)


def test_no_page_is_wider_than_a_phone(site, browser):
    """Tables and code scroll by themselves."""
    screen = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    for page in sorted(DOCS.rglob("*.md")):
        browser.get((site / page.relative_to(DOCS)).with_suffix(".html").as_uri())
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= 390, page
