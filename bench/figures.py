"""Medians, percentiles, and how results are kept and shown."""

import json
import math
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PLACE = Path(__file__).resolve().parents[1] / "var" / "bench"


def median(values: Sequence[float]) -> float:
    """The middle value; of an even number the mean of the middle two."""
    return float(statistics.median(values))


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank: the smallest value that at least `share` (0..1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def machine() -> dict[str, Any]:
    """Where the figures come from; the load tells whether the machine was quiet."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": [round(x, 2) for x in os.getloadavg()],
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def keep(name: str, result: Mapping[str, Any]) -> Path:
    """Write a result under var/bench and return the file."""
    PLACE.mkdir(parents=True, exist_ok=True)
    path = PLACE / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S}.json"
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return path


def shown(result: Mapping[str, Any], indent: str = "") -> str:
    """A result as indented lines for people."""
    lines = []
    for name, value in result.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{name}:", shown(value, indent + "  ")]
        elif isinstance(value, list):
            lines.append(f"{indent}{name}: {', '.join(_number(v) for v in value)}")
        else:
            lines.append(f"{indent}{name}: {_number(value)}")
    return "\n".join(lines)


def _number(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
