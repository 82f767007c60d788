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
    names = "chromium", "google-chrome"
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
    browser.set_page_load_timeout(60)  # a page that does not come fails its test, not all of them
    browser.set_script_timeout(60)
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

# Plays until another frame is painted, then seeks to a time until the frame there is painted.
PLAYED = """
const [number, time, duration, done] = arguments;
const video = document.querySelectorAll("video")[number];
let frame;
const collect = (_, painted) => {
    frame = painted;
    video.requestVideoFrameCallback(collect);
};
const until = test => new Promise(found => {
    const look = () => {  // out of sight it rests, and what is above it may still be growing
        video.scrollIntoView({behavior: "instant", block: "center"});
        test() ? found() : setTimeout(look, 10);
    };
    look();
});
const seek = to => {
    video.currentTime = to;
    return until(() => !video.seeking);
};
video.loop = false;
video.requestVideoFrameCallback(collect);
(async () => {
    await until(() => video.readyState >= video.HAVE_CURRENT_DATA);  // before, it cannot seek
    await seek(0);
    await video.play();
    await until(() => frame && frame.mediaTime > 0);  // on a busy machine, perhaps the last one
    const moved = frame.mediaTime;
    video.pause();
    await seek(time);
    await until(() => frame.mediaTime <= time && time < frame.mediaTime + duration);
    const {videoWidth, videoHeight} = video;
    done({moved, at: frame.mediaTime, size: [videoWidth, videoHeight], duration: video.duration});
})().catch(error => done({error: String(error)}));
setTimeout(() => {
    const {readyState, seeking, paused, ended, currentTime} = video;
    done({error: JSON.stringify({readyState, seeking, paused, ended, currentTime, frame})});
}, 50000);
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
            fps, size = float(stream.average_rate), [stream.width, stream.height]
        middle = (frames // 2 + 0.5) / fps
        played = browser.execute_async_script(PLAYED, number, middle, 1 / fps)
        assert "error" not in played, played
        steps = played["moved"] * fps  # a busy machine may leave out some
        assert steps == pytest.approx(max(1, round(steps)), abs=0.1)
        assert played["at"] == pytest.approx((frames // 2) / fps, abs=0.02)
        assert played["size"] == size
        assert played["duration"] == pytest.approx(frames / fps, abs=0.01)


def test_no_page_is_wider_than_a_phone(site, browser):
    """Tables and code scroll by themselves."""
    screen = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    for page in sorted(DOCS.rglob("*.md")):
        browser.get((site / page.relative_to(DOCS)).with_suffix(".html").as_uri())
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= 390, page
