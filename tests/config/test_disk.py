"""Which disks outlive a restart, by host and by file system."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from opsbot.config import disk_refusal
from opsbot.config.disk import Mount, ephemeral_reason, parse_mounts, reason_for
from tests.config.vendor import settings_of

ROOT = Mount(point="/", kind="ext4")
OVERLAY = Mount(point="/", kind="overlay")
VOLUME = Mount(point="/var/data", kind="ext4")
EMPTY_DIR = Mount(
    point="/var/data", kind="ext4",
    root="/var/lib/kubelet/pods/1/volumes/kubernetes.io~empty-dir/data",
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "environ", "mounts", "word"),
    [
        # a server or a laptop
        ("/srv/opsbot", {}, [ROOT], None),
        ("/srv/opsbot", {}, [], None),  # no /proc: nothing says otherwise
        ("/run/opsbot", {}, [ROOT, Mount(point="/run", kind="tmpfs")], "in memory"),
        ("/runner/opsbot", {}, [ROOT, Mount(point="/run", kind="tmpfs")], None),
        # containers
        ("/app/data", {}, [OVERLAY], "container"),
        ("/var/data/opsbot", {}, [OVERLAY, VOLUME], None),
        ("/var/data/opsbot", {}, [OVERLAY, EMPTY_DIR], "emptyDir"),
        ("/var/data", {}, [VOLUME, Mount(point="/var/data", kind="tmpfs")], "in memory"),
        # hosts
        ("/app/data", {"DYNO": "web.1"}, [ROOT], "Heroku"),
        ("/var/data", {"DYNO": "web.1"}, [ROOT, VOLUME], "Heroku"),  # has no volumes
        ("/srv/data", {"RENDER": "true"}, [ROOT], "Render"),
        ("/var/data", {"RENDER": "true"}, [ROOT, VOLUME], None),  # a Render disk
        ("/srv/data", {"K_SERVICE": "opsbot"}, [Mount(point="/", kind="gofer")], "Cloud Run"),
        ("/srv/data", {"FLY_APP_NAME": "opsbot"}, [ROOT], "Fly.io"),
        ("/var/data", {"FLY_APP_NAME": "opsbot"}, [ROOT, VOLUME], None),
        ("/srv/data", {"RAILWAY_ENVIRONMENT_ID": "1"}, [ROOT], "Railway"),
        ("/srv/data", {"VCAP_APPLICATION": "{}"}, [ROOT], "Cloud Foundry"),
    ],
)
def test_a_disk_is_told_by_host_and_file_system(
    path: str, environ: Mapping[str, str], mounts: list[Mount], word: str | None
) -> None:
    reason = reason_for(PurePosixPath(path), environ, mounts)
    assert (reason is None) if word is None else (reason is not None and word in reason)


def test_mounts_are_read_as_the_kernel_writes_them() -> None:
    """Blanks are octal, and optional fields stand before the dash (proc(5), mountinfo)."""
    lines = [
        "36 35 98:0 /mnt1 /mnt/my\\040disk rw,noatime master:1 shared:2 - ext3 /dev/root rw",
        "22 27 0:21 / /proc rw,relatime - proc proc rw",
        "broken line",
        "",
    ]
    assert parse_mounts(lines) == (
        Mount(point="/mnt/my disk", kind="ext3", root="/mnt1"),
        Mount(point="/proc", kind="proc"),
    )


def test_the_kernels_own_folder_is_in_no_lasting_mount() -> None:
    """The thin reader against the machine it runs on: a dyno loses its disk whatever it mounts."""
    assert "Heroku" in (ephemeral_reason(Path("data"), {"DYNO": "web.1"}) or "")


def test_serve_refuses_sqlite_where_it_would_be_lost() -> None:
    refusal = disk_refusal(settings_of(""), {"DYNO": "web.1"}) or ""
    for way_out in ("DATABASE_URL", "OPSBOT_DATA_DIR", "ephemeral_disk: allow"):
        assert way_out in refusal


def test_a_host_that_gives_a_database_needs_no_disk() -> None:
    """The Procfile works as written where DATABASE_URL and PORT are given."""
    environ = {"DYNO": "web.1", "PORT": "5000", "DATABASE_URL": "postgres://u:p@h/db"}
    assert disk_refusal(settings_of("", environ), environ) is None


def test_the_loss_may_be_accepted() -> None:
    assert disk_refusal(settings_of("ephemeral_disk: allow\n"), {"DYNO": "web.1"}) is None
