"""Tables of results in a document: each tool writes its own part, between two marks, and leaves the rest alone."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
RELIABILITY = DOCS / "reliability.md"
PERFORMANCE = DOCS / "performance.md"
POSTGRESQL = DOCS / "postgresql.md"


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows with the same keys as a Markdown table."""
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(str(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def measured() -> str:
    """When and on what a result was had."""
    when = datetime.now(UTC)
    return f"{when:%Y-%m-%d}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"


def write(name: str, body: str, document: Path = RELIABILITY) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- /name -->`."""
    before = document.read_text(encoding="utf-8")
    part = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not part.search(before):
        raise SystemExit(f"{document} has no part named {name}")
    after = part.sub(lambda found: f"{found[1]}{body}\n\nMeasured {measured()}.\n{found[2]}", before)
    document.write_text(after, encoding="utf-8")
