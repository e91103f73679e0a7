"""What a killed run's steps do: leave a mark when they begin, and one when they end."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


def mark(path: Path, words: str) -> None:
    """Append a line that a power cut would not take back."""
    with path.open("a", encoding="utf-8") as marks:
        marks.write(f"{words}\n")
        marks.flush()
        os.fsync(marks.fileno())


if __name__ == "__main__":
    where, name = Path(sys.argv[1]), " ".join(sys.argv[2:])
    mark(where, f"{name} begun")
    time.sleep(0.15)
    mark(where, f"{name} ended")
