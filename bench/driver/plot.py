# SPDX-License-Identifier: Apache-2.0
"""One SVG: a row for each cell, dtype, thread count and pass; a dot for each point of it."""

import math

from driver.report import groups

COLOURS = {1: "#1b6ca8", 16: "#d9822b", 64: "#3d9a50"}
OTHER_COLOUR = "#777777"
ROW = 20
TOP = 64
LABEL = 210
PANEL = 380
GAP = 40


class Axis:
    """Maps values to x; what lies outside is drawn at the edge."""

    def __init__(self, left, low, high, logarithmic, ticks, mark, name, form):
        self.left, self.low, self.high, self.logarithmic = left, low, high, logarithmic
        self.ticks, self.mark, self.name, self.form = ticks, mark, name, form

    def x(self, value):
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            position = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            position = (value - self.low) / (self.high - self.low)
        return self.left + PANEL * position


def text(x, y, content, anchor="start", size=11, weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}">'
            f"{content}</text>")


def axis_lines(axis, bottom):
    yield text(axis.left + PANEL / 2, 18, axis.name, "middle", 13, "bold")
    for tick in axis.ticks:
        x = axis.x(tick)
        strong = tick == axis.mark
        colour, width = ("#c0392b", 1.5) if strong else ("#dddddd", 1)
        yield (f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{bottom}" stroke="{colour}"'
               f' stroke-width="{width}"/>')
        yield text(x, TOP - 10, axis.form(tick), "middle", 10)


def dot(x, y, row, value):
    colour = COLOURS.get(row["B"], OTHER_COLOUR)
    radius = 2.0 + 0.5 * math.log2(max(1, row["D"] / 64))
    return (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" fill-opacity="0.75">'
            f'<title>{row["name"]}: {value:.2f}</title></circle>')


def svg(rows):
    grouped = groups(rows)
    bottom = TOP + ROW * len(grouped)
    width = LABEL + 2 * PANEL + GAP + 20
    ratio = Axis(LABEL, 0.5, 16, True, (0.5, 1, 1.5, 2, 4, 8, 16), 1, "oneDNN time / ours (projection subtracted)",
                 lambda tick: f"{tick:g}")
    ceiling = Axis(LABEL + PANEL + GAP, 0, 1.1, False, (0, 0.25, 0.5, 0.85, 1), 0.85, "share of the ceiling",
                   lambda tick: f"{100 * tick:.0f} %")
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{bottom + 30}" '
             f'viewBox="0 0 {width} {bottom + 30}" font-family="sans-serif">',
             f'<rect width="{width}" height="{bottom + 30}" fill="white"/>']
    lines += list(axis_lines(ratio, bottom)) + list(axis_lines(ceiling, bottom))
    for index, ((cell, dtype, threads, which), group) in enumerate(grouped.items()):
        y = TOP + ROW * index + ROW / 2
        if index % 2 == 0:
            lines.insert(2, f'<rect x="0" y="{y - ROW / 2}" width="{width}" height="{ROW}" fill="#f6f6f6"/>')
        lines.append(text(8, y + 4, f"{cell} {dtype} {which}, {threads} thread{'s' if threads > 1 else ''}"))
        for row in group:
            if row.get("onednn_ratio") is not None:
                lines.append(dot(ratio.x(row["onednn_ratio"]), y, row, row["onednn_ratio"]))
            if row.get("of_ceiling") is not None:
                lines.append(dot(ceiling.x(row["of_ceiling"]), y, row, row["of_ceiling"]))
    x = LABEL
    for batch, colour in COLOURS.items():
        lines.append(f'<circle cx="{x}" cy="{bottom + 16}" r="4" fill="{colour}"/>')
        lines.append(text(x + 8, bottom + 20, f"B = {batch}"))
        x += 70
    lines.append(text(x, bottom + 20, "larger dots: larger D (64 to 1024); red: never slower / the target"))
    lines.append("</svg>")
    return "\n".join(lines) + "\n"
