"""Finds out whether a path is on a network file system.

SQLite's write-ahead log needs memory that all processes share, which such file systems do not have: processes
on two machines would damage the file, and on some it cannot be opened.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_MOUNTS: Final = Path("/proc/self/mounts")
_TYPES: Final = frozenset(
    (
        *("nfs", "nfs3", "nfs4", "cifs", "smb2", "smb3", "smbfs", "9p", "drvfs", "afs", "coda", "ncpfs"),
        *("ceph", "glusterfs", "lustre", "gpfs", "beegfs", "vboxsf", "vmhgfs", "prl_fs", "davfs"),
        *("fuse.sshfs", "fuse.ceph", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.davfs2"),
        *("fuse.vmhgfs-fuse", "fuse.gcsfuse"),
    )
)
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")


def network_file_system(path: Path, mounts: str | None = None) -> str | None:
    """The type of the network file system that ``path`` is on, such as "nfs4"; ``None`` for a local one.

    ``mounts`` is the system's table of mounts, which only Linux has: elsewhere the type is not known.

    >>> network_file_system(Path("/home/a/b"), "disk / ext4 rw 0 0\\nserver:/x /home/a nfs4 rw 0 0\\n")
    'nfs4'
    """
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
            path = path.resolve()
        except OSError:
            return None
    found = Path("/"), ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        place = Path(_ESCAPED.sub(lambda code: chr(int(code[1], 8)), fields[1]))
        if path.is_relative_to(place) and len(place.parts) >= len(found[0].parts):
            found = place, fields[2]
    return found[1] if found[1] in _TYPES else None
