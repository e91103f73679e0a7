"""Whether a folder outlives a restart: SQLite on a disk that is emptied would lose the record.

Known hosts are told by the variables they set, file systems by /proc/self/mountinfo (proc(5)).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from opsbot.config.settings import Settings

_MOUNTS = Path("/proc/self/mountinfo")
_OCTAL = re.compile(r"\\([0-7]{3})")
_IN_MEMORY = frozenset({"tmpfs", "ramfs", "rootfs"})
_LAYERED = frozenset({"overlay", "overlayfs", "aufs", "fuse-overlayfs", "fuse.fuse-overlayfs"})

# Host by the variable it sets: none of these keeps what is written outside a mounted volume.
_HOSTS = (
    ("K_SERVICE", "Cloud Run"),
    ("FLY_APP_NAME", "Fly.io"),
    ("RENDER", "Render"),
    ("RAILWAY_ENVIRONMENT_ID", "Railway"),
    ("RAILWAY_ENVIRONMENT", "Railway"),
    ("VCAP_APPLICATION", "Cloud Foundry"),
    ("AWS_LAMBDA_FUNCTION_NAME", "AWS Lambda"),
    ("ECS_CONTAINER_METADATA_URI_V4", "Amazon ECS"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One line of mountinfo: what is mounted where."""

    point: str
    kind: str  # file system type
    root: str = "/"  # the folder of that file system which is mounted


def disk_refusal(settings: Settings, environ: Mapping[str, str]) -> str | None:
    """Why `serve` must not start on this disk, as a sentence with the ways out; None if it may."""
    if settings.database_url or settings.ephemeral_disk_allowed:
        return None
    reason = ephemeral_reason(settings.data_dir, environ)
    if reason is None:
        return None
    return (
        f"The record would be lost: {settings.data_dir} {reason}. Set DATABASE_URL to a "
        "PostgreSQL database, or OPSBOT_DATA_DIR to a folder on a volume that stays; "
        "`ephemeral_disk: allow` in the settings accepts the loss."
    )


def ephemeral_reason(path: Path, environ: Mapping[str, str]) -> str | None:
    """Why what is written below `path` is gone after a restart; None when nothing says so."""
    return reason_for(path.absolute().resolve(), environ, read_mounts())


def read_mounts() -> tuple[Mount, ...]:
    """The mounts this process sees; none where there is no /proc."""
    try:
        return parse_mounts(_MOUNTS.read_text("utf-8", "surrogateescape").splitlines())
    except OSError:
        return ()


def parse_mounts(lines: Iterable[str]) -> tuple[Mount, ...]:
    """The mounts of a mountinfo text; lines of another form are skipped."""
    mounts: list[Mount] = []
    for line in lines:
        fields, _, rest = line.partition(" - ")
        words = fields.split(" ")
        if len(words) >= 5 and rest:
            kind = rest.split(" ")[0]
            mounts.append(Mount(point=_plain(words[4]), kind=kind, root=_plain(words[3])))
    return tuple(mounts)


def reason_for(path: PurePath, environ: Mapping[str, str], mounts: Iterable[Mount]) -> str | None:
    """`ephemeral_reason` for an absolute path without links, from values only."""
    if environ.get("DYNO"):
        # "Ephemeral filesystem", Heroku Dev Center: a dyno has no volumes at all.
        return "is on a Heroku dyno, whose disk is emptied at every restart"
    mount = _mount_of(path, mounts)
    if mount is not None:
        if mount.kind in _IN_MEMORY:
            return f"is in memory ({mount.kind} at {mount.point})"
        if mount.kind in _LAYERED:
            return "is inside the container, which takes it along when it is replaced"
        if "kubernetes.io~empty-dir" in mount.root:
            return "is a Kubernetes emptyDir, which goes when the pod goes"
        if mount.point != "/":
            return None  # a volume of its own
    for variable, host in _HOSTS:
        if environ.get(variable):
            return f"is on {host} and on no volume, so it is emptied at every deploy"
    return None


def _mount_of(path: PurePath, mounts: Iterable[Mount]) -> Mount | None:
    """The mount that holds `path`; of several at one point the last covers the others."""
    found: Mount | None = None
    for mount in mounts:
        inside = path.is_relative_to(mount.point)
        if inside and (found is None or len(mount.point) >= len(found.point)):
            found = mount
    return found


def _plain(field: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match.group(1), 8)), field)
