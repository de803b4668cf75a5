"""Curves over steps of a length, as an SVG picture that is at home on light and dark pages.
SPDX-License-Identifier: MIT"""

COLOURS = [("#bc4c00", "#f0883e"), ("#0969da", "#58a6ff"), ("#1a7f37", "#3fb950"), ("#8250df", "#bc8cff"), ("#6e7781", "#9198a1"), ("#afb8c1", "#484f58")]


def _style():
    light = "text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-size:15px;font-weight:600}.paper{fill:#fff}.faint{fill:#57606a;font-size:11px}"
    light += ".grid{stroke:#d8dee4}.end{text-anchor:end}.middle{text-anchor:middle}.curve{fill:none;stroke-width:1.8}"
    dark = "text{fill:#e6edf3}.paper{fill:#0d1117}.faint{fill:#9198a1}.grid{stroke:#30363d}"
    for k, (day, night) in enumerate(COLOURS):
        light += ".s%d{fill:%s}.o%d{stroke:%s}" % (k, day, k, day)
        dark += ".s%d{fill:%s}.o%d{stroke:%s}" % (k, night, k, night)
    return "<style>%s@media(prefers-color-scheme:dark){%s}</style>" % (light, dark)


def text(x, y, words, kind=""):
    words = words.replace("&", "&amp;").replace("<", "&lt;")
    return '<text class="%s" x="%.1f" y="%.1f">%s</text>' % (kind, x, y, words)


def save(path, width, height, title, shapes):
    with open(path, "w", encoding="utf-8") as file:
        file.write('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" role="img"><title>%s</title>\n' % (width, height, width, title))
        file.write(_style() + '\n<rect class="paper" width="%d" height="%d"/>\n' % (width, height))
        file.write("\n".join([text(20, 28, title, "title")] + shapes) + "\n</svg>\n")


def curves(path, title, steps, series, low, high, mark="%g"):
    """steps: [(name, note)] along the x axis; series: [(name, values)], None where there is no value; five lines from low to high."""
    top, bottom, left, right = 50, 310, 60, 490
    place = [left + 40 + (right - left - 60) * i / max(1, len(steps) - 1) for i in range(len(steps))]

    def y(value):
        return bottom - (value - low) / (high - low) * (bottom - top)

    shapes = []
    for i in range(5):
        value = low + (high - low) * i / 4
        shapes.append('<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>' % (left, right, y(value), y(value)))
        shapes.append(text(left - 8, y(value) + 4, mark % value, "faint end"))
    for x, (name, note) in zip(place, steps):
        shapes += [text(x, bottom + 20, name, "faint middle"), text(x, bottom + 35, note, "faint middle")]
    ends = []
    for k, (name, values) in enumerate(series):
        points = [(x, y(v)) for x, v in zip(place, values) if v is not None]
        shapes.append('<polyline class="curve o%d" points="%s"/>' % (k, " ".join("%.1f,%.1f" % p for p in points)))
        shapes += ['<circle class="s%d" cx="%.1f" cy="%.1f" r="3"/>' % (k, *p) for p in points]
        ends.append((points[-1][1], k, name))
    at = -100
    for end, k, name in sorted(ends):
        at = max(end, at + 15)
        shapes.append(text(place[-1] + 14, at + 4, name, "s%d" % k))
    save(path, 660, 360, title, shapes)
