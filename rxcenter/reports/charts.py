"""Charts as SVG made on the server: no script, printable, readable without colour (hatching and a table beside it)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 860, 240, 44, 26, 12


@dataclass(frozen=True, slots=True)
class Series:
    """One layer of the stacked bars: its class in the style sheet, its name, one value a day."""

    css: str
    name: str
    values: Sequence[int]


def stacked_days(days: Sequence[date], series: Sequence[Series], *, title: str) -> str:
    """Stacked bars, one a day, the first series at the bottom. The title is the text alternative."""
    totals = [sum(s.values[n] for s in series) for n in range(len(days))]
    top = _nice(max(totals, default=0))
    inner_w, inner_h = WIDTH - LEFT - 8, HEIGHT - BOTTOM - TOP
    step = inner_w / max(len(days), 1)
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
    ]
    for n in range(5):
        y = TOP + inner_h * (1 - n / 4)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 8}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(
            f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{top * n // 4}</text>'
        )
    for n, day in enumerate(days):
        x, below = LEFT + n * step + step * 0.12, 0
        for s in series:
            height = inner_h * s.values[n] / top
            y = TOP + inner_h * (1 - below / top) - height
            tip = f"{day:%m-%d} {s.name}: {s.values[n]}"
            if s.values[n]:
                parts.append(
                    f'<rect class="{s.css}" x="{x:.1f}" y="{y:.1f}" width="{step * 0.76:.1f}" height="{height:.1f}">'
                    f"<title>{escape(tip)}</title></rect>"
                )
            below += s.values[n]
        if n % max(1, len(days) // 12) == 0:
            parts.append(
                f'<text class="tick" x="{LEFT + (n + 0.5) * step:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{day:%m-%d}</text>'
            )
    return "".join(parts) + "</svg>"


def _nice(most: int) -> int:
    """The top of the axis: a multiple of four that is easy to read."""
    step = 4
    while step * 10 < most:
        step *= 10
    return max(step, -(-most // step) * step)
