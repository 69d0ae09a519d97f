"""Every ``WORKER_*`` environment variable and the home directory. No other module reads them."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import urlsplit

import platformdirs

HOME: Final = "WORKER_WIDGET_HOME"
URL: Final = "WORKER_URL"
API_KEY: Final = "WORKER_API_KEY"
KEY_HEADER: Final = "WORKER_KEY_HEADER"
OTLP_ENDPOINT: Final = "WORKER_OTLP_ENDPOINT"
OTLP_HEADERS: Final = "WORKER_OTLP_HEADERS"
HTTP_HOSTS: Final = "WORKER_HTTP_HOSTS"
PDF_FONTS: Final = "WORKER_PDF_FONTS"
KEEP_RUNS: Final = "WORKER_KEEP_RUNS"
KEEP_DAYS: Final = "WORKER_KEEP_DAYS"
KEEP_SIZE: Final = "WORKER_KEEP_SIZE"

_HOST_FILES: Final = ("host.lock", "host.log", "host.db", "host.db-wal", "host.db-shm")


def variable(name: str) -> str:
    """The value of one of the variables above, stripped of white space; empty if it is not set."""
    return os.environ.get(name, "").strip()


def home() -> Path:
    """``WORKER_WIDGET_HOME``, else the user data directory; created with mode 0700 if missing.

    Raises ``OSError`` if it cannot be created.
    """
    named = os.environ.get(HOME)
    path = Path(named).expanduser().absolute() if named else platformdirs.user_data_path("worker-widget")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def unencrypted(url: str, environment: Mapping[str, str] | None = None) -> bool:
    """Whether requests to ``url`` cross a network readable, and ``WORKER_HTTP_HOSTS`` does not allow that.

    Those to https and to this computer do not. The variable names hosts, with spaces or commas between them.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    host = parts.hostname or ""
    if parts.scheme != "http" or not host or _is_loopback(host):
        return False
    given = os.environ if environment is None else environment
    return host not in given.get(HTTP_HOSTS, "").lower().replace(",", " ").split()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


ENCRYPT: Final = (
    f"Use https://, or set {HTTP_HOSTS} to the host if everybody on the way may read what is sent."
)
"""What to do about an address that is `unencrypted`."""


def host_home() -> Path:
    """The directory of the embedded host's files: `home`, if this user can write to it and to those files.

    Otherwise it is a private directory in the directory for temporary files: the home is read-only, belongs
    to another user, or is on a file system that does not keep files private. Raises ``OSError`` if that
    cannot be used either, or if ``WORKER_WIDGET_HOME`` names a directory that cannot be created.
    """
    try:
        path = home()
    except OSError:
        if os.environ.get(HOME):
            raise
        path = platformdirs.user_data_path("worker-widget")
    else:
        files = (path / name for name in _HOST_FILES)
        if (
            os.access(path, os.W_OK | os.X_OK)
            and all(os.access(file, os.R_OK | os.W_OK) for file in files if file.exists())
            and _keeps_modes(path)
        ):
            return path
    return _private_directory(path)


def _keeps_modes(directory: Path) -> bool:
    """Whether new files in a directory are private to this user; shares of Windows have no such modes."""
    try:
        return os.name != "posix" or _new_file_is_private(directory)
    except OSError:
        return True  # a full disk, which has its own message


@cache
def _new_file_is_private(directory: Path) -> bool:
    """Whether a new file in a directory is private to this user. Raises ``OSError`` if none can be made."""
    file, name = tempfile.mkstemp(prefix=".modes-", dir=directory)
    try:
        about = os.fstat(file)
    finally:
        os.close(file)
        os.unlink(name)
    return about.st_uid == os.getuid() and stat.S_IMODE(about.st_mode) == 0o600


def _private_directory(instead_of: Path) -> Path:
    user = os.getuid() if hasattr(os, "getuid") else 0
    mark = hashlib.sha256(os.fsencode(instead_of)).hexdigest()[:12]
    path = Path(tempfile.gettempdir()).absolute() / f"worker-widget-{user}-{mark}"
    path.mkdir(mode=0o700, exist_ok=True)
    about = path.lstat()
    if about.st_uid != user or stat.S_IMODE(about.st_mode) != 0o700 or not stat.S_ISDIR(about.st_mode):
        raise PermissionError(errno.EACCES, "It is not private to you", str(path))
    return path


@dataclass(frozen=True)
class LanguageModelVariables:
    """The values of ``WORKER_LLM_URL``, ``WORKER_LLM_MODEL`` and ``WORKER_LLM_KEY``; empty if not set.

    The key is not in the repr. ``unencrypted`` says that the model would get the key readable.
    """

    URL: ClassVar = "WORKER_LLM_URL"
    MODEL: ClassVar = "WORKER_LLM_MODEL"
    KEY: ClassVar = "WORKER_LLM_KEY"
    NAMES: ClassVar = (URL, MODEL, KEY)

    url: str = ""
    model: str = ""
    key: str = field(default="", repr=False)
    unencrypted: bool = False

    def __bool__(self) -> bool:
        """Whether any of the three is set."""
        return any(self.values)

    @property
    def values(self) -> tuple[str, str, str]:
        """URL, model and key, in the order of `NAMES`."""
        return (self.url, self.model, self.key)


def language_model(environment: Mapping[str, str] | None = None) -> LanguageModelVariables:
    """The language model that ``environment`` names (default: this process's)."""
    given = os.environ if environment is None else environment
    url, model, key = (given.get(name, "").strip() for name in LanguageModelVariables.NAMES)
    return LanguageModelVariables(url, model, key, bool(key) and unencrypted(url, given))
