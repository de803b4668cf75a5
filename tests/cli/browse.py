#!/usr/bin/env python3
"""Open a page of recur in headless Chromium as a telephone, a desk and a printer show it, and see that every picture is
there and nothing is wider than it may be.

Usage: browse.py PAGE.html PICTURES          exit 77 if Chromium is not here or cannot start
SPDX-License-Identifier: MIT
"""
import html
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

VIEWS = [("telephone", 375, False), ("desk", 1280, False), ("paper", 718, True)]  # A4 less two margins of 1 cm
MEASURE = """
addEventListener('load', () => {
  found.textContent = JSON.stringify([...document.querySelectorAll('iframe')].map(frame => {
    const w = frame.contentWindow, d = frame.contentDocument, root = d.documentElement;
    const box = e => { const r = e.getBoundingClientRect(); return {left: r.left, right: r.right, width: r.width, height: r.height}; };
    const loose = [...d.body.querySelectorAll('*')].filter(e => !e.parentElement.closest('figure,pre'));
    return {
      inner: w.innerWidth, scroll: root.scrollWidth, ground: w.getComputedStyle(d.body).backgroundColor,
      words: w.getComputedStyle(d.body).color, loose: loose.map(e => [e.tagName, box(e)]),
      pictures: [...d.querySelectorAll('svg')].map(s => ({box: box(s), drawn: s.viewBox.baseVal.width,
        paper: w.getComputedStyle(s.querySelector('.paper')).fill, shapes: s.querySelectorAll('line,rect,circle').length})),
      links: [...d.querySelectorAll('a')].map(a => !!d.querySelector(a.getAttribute('href')))};
  }));
});
"""


def chromium(*words):
    """Run headless Chromium and return its stdout; exit 77 where it does not work at all. Now and then one hangs: it is tried again."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        sys.exit(77)
    for _ in range(4):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                       "--disable-extensions", "--disable-background-networking", f"--user-data-dir={profile}", *words]
            browser = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
            try:
                stdout, stderr = browser.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(browser.pid, signal.SIGKILL)
                browser.communicate()
                continue
        if browser.returncode == 0:
            return stdout.decode()
        print("chromium does not start:", stderr.decode(errors="replace")[-500:], file=sys.stderr)
        break
    sys.exit(77)


def look(directory, page, views, is_dark):
    """Measure the page in frames of these widths: windows have a least width, frames have none."""
    frames = ""
    for _, width, on_paper in views:
        shown = page.replace("@media print", "@media all").replace("@media screen", "@media speech") if on_paper else page
        frames += f'<iframe width="{width}" height="900" style="border:0" srcdoc="{html.escape(shown)}"></iframe>'
    path = directory / "frames.html"
    path.write_text(f'<!DOCTYPE html><meta charset="utf-8">{frames}<pre id="found"></pre><script>{MEASURE}</script>')
    text = chromium(*(["--force-dark-mode"] if is_dark else []), "--dump-dom", path.as_uri())
    return json.loads(html.unescape(re.search(r'<pre id="found">(.*?)</pre>', text, re.S)[1]))


def brightness(colour):
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / 765


def check_view(name, found, n_pictures, on_paper, is_dark):
    assert found["scroll"] <= found["inner"], (name, "the page is wider than the screen", found["scroll"])
    wide = [e for e in found["loose"] if e[1]["right"] > found["inner"] + 0.5 or e[1]["left"] < -0.5]
    assert not wide, (name, "wider than the screen", wide)
    assert len(found["pictures"]) == n_pictures, (name, len(found["pictures"]))
    for p in found["pictures"]:
        assert p["shapes"] > 5 and p["box"]["height"] > 40, (name, p)
        least = 0 if on_paper else 0.74 * p["drawn"]  # or its letters could not be read
        assert least <= p["box"]["width"] <= p["drawn"] + 0.5, (name, p)
        if on_paper:
            assert p["box"]["right"] <= found["inner"], (name, "a picture is cut", p)
        assert abs(brightness(p["paper"]) - brightness(found["ground"])) < 0.05, (name, p)
    assert all(found["links"]), (name, "a link leads nowhere")
    ground, words = brightness(found["ground"]), brightness(found["words"])
    assert (ground < 0.2 and words > 0.7) if is_dark else (ground > 0.9 and words < 0.3), (name, found)


def check_printed(directory, path, n_pictures):
    """Printed, each picture is there by its name, and a dark screen changes nothing."""
    printed = []
    for dark in ([], ["--force-dark-mode"]):
        chromium(*dark, "--no-pdf-header-footer", f"--print-to-pdf={directory}/page.pdf", path.as_uri())
        pdf = (directory / "page.pdf").read_bytes()
        assert pdf.startswith(b"%PDF") and pdf.count(b"/Alt (") == n_pictures, pdf.count(b"/Alt (")
        printed.append(re.sub(rb"/(Creation|Mod)Date \([^)]*\)|/ID\s*\[[^]]*\]", b"", pdf))
    assert printed[0] == printed[1], "paper is dark"


def main():
    path, n_pictures = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    page = path.read_text()
    assert not re.search(r"<script|<link|<img|@import|url\(|src=", page), "the page needs more than itself"
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        for is_dark in (False, True):
            views = [view for view in VIEWS if not (is_dark and view[2])]
            for view, found in zip(views, look(directory, page, views, is_dark), strict=True):
                check_view(f"{view[0]}, {'dark' if is_dark else 'light'}", found, n_pictures, view[2], is_dark)
        check_printed(directory, path, n_pictures)


if __name__ == "__main__":
    main()
