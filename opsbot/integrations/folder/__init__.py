"""A folder of files as a place for postmortems: a share, a checkout, what a web server serves."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from opsbot.integrations import Integration, Wiring
from opsbot.integrations.folder.inspection import inspect
from opsbot.integrations.folder.publisher import FolderPublisher
from opsbot.ports import Inspection, Publisher


def _address(url: str) -> str:
    if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
        raise ValueError("write it as https://host/{stem}.html, or leave it out")
    return url


class Settings(BaseModel):
    """`folder:` in opsbot.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(
        default="./postmortems",
        min_length=1,
        description="Folder that postmortems are written into; it is made when it is not there.",
    )
    url: Annotated[str, AfterValidator(_address)] = Field(
        default="",
        description="Where people read what lies there, such as https://wiki.example.com/{stem}; "
        "{stem} is the document's file name without its ending. Empty: the file's path is shown.",
    )
    private: bool = Field(
        default=False,
        description="Whether postmortems of private incidents may lie there, too; their files are "
        "readable by opsbot's own account alone.",
    )


def _publisher(settings: Settings, wiring: Wiring) -> Publisher:
    return FolderPublisher(
        root=wiring.folder / settings.path, url=settings.url, takes_private=settings.private
    )


async def _inspect(settings: Settings, wiring: Wiring) -> Inspection:
    return await inspect(wiring.folder / settings.path)


INTEGRATION = Integration(
    name="folder", settings=Settings, publisher=_publisher, inspect_publisher=_inspect
)
