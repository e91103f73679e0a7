"""One drawing child for all tests that look at images, spoken to without an event loop."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from PIL import Image

from opsbot.core.picture import Picture
from opsbot.drawing.wire import DRAW, PNG, READY, framed, packed, read_frame

Drawn = Callable[[Picture], Image.Image]


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drawn]:
    """Draws a picture as the bot would have it drawn, and opens the image."""
    folder = str(tmp_path_factory.mktemp("drawing") / "own")
    command = [sys.executable, "-I", "-m", "opsbot.drawing.draw", folder]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"MPLCONFIGDIR": folder}
    ) as child:
        asks, answers = cast("BinaryIO", child.stdin), cast("BinaryIO", child.stdout)
        assert read_frame(answers) == (READY, b"")

        def draw(picture: Picture) -> Image.Image:
            asks.write(framed(DRAW, packed(picture)))
            asks.flush()
            answer = read_frame(answers)
            assert answer is not None
            assert answer[0] == PNG, answer[1]
            return Image.open(io.BytesIO(answer[1])).convert("RGB")

        yield draw
        asks.close()
        assert child.wait(10) == 0
    assert not Path(folder).exists()
