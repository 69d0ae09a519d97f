"""Finds the endpoint in the arguments, the environment and the keyring; defaults to the embedded host."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final, Protocol, get_args
from urllib.parse import SplitResult, urlsplit

from ... import settings
from ...errors import Problem, RequestRefused
from .embedded import EmbeddedHost
from .endpoint import FIRST_GENERATION, Endpoint, KeyHeader

KEYRING_SERVICE: Final = "worker-widget"

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class EndpointSource(Protocol):
    """Resolves an endpoint that can change: a restarted embedded host has another port and key."""

    @property
    def label(self) -> str:
        """The display name: the origin, or "embedded host"."""
        ...

    @property
    def news(self) -> str:
        """What happened at the last `resolve` that a person may want to know; empty if nothing did."""
        ...

    async def resolve(self, *, after_failure: bool = False) -> Endpoint:
        """The current endpoint. ``after_failure`` says that the previous one failed.

        Raises `HostUnreachable` if there is none.
        """
        ...


class FixedEndpoint:
    """A server at a known address.

    A missing key is read from the system keyring, if the ``keyring`` package is installed: service
    ``worker-widget``, user name the origin. It is read again after a failure.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._given = endpoint
        self._known: Endpoint | None = endpoint if endpoint.key else None

    @property
    def label(self) -> str:
        return self._given.origin

    @property
    def news(self) -> str:
        return ""

    async def resolve(self, *, after_failure: bool = False) -> Endpoint:
        if self._known is None or (after_failure and self._given.key is None):
            key = await asyncio.to_thread(_key_in_keyring, self._given.origin)
            self._known = replace(self._given, key=key)
        return self._known


def endpoint_from(
    url: str | None = None,
    api_key: str | None = None,
    worker: str | None = None,
    key_header: KeyHeader | None = None,
) -> EndpointSource:
    """The source of the endpoint that the arguments, the environment and the keyring name.

    ``url``, else ``WORKER_URL``, is an origin (``https://host``), an origin with the prefix of the API
    (``https://host/api/v1``), or the address of a worker
    (``https://host/api/v1/workers/business-builder``). Without both it is the embedded host. The key is
    ``api_key``, else ``WORKER_API_KEY``, else the key in the keyring. It is sent as ``key_header``, else
    ``WORKER_KEY_HEADER``, else ``x-aos-key``. ``worker`` must equal the worker in the URL, if it has one.

    Raises `RequestRefused` for an invalid URL, key or header. No connection is made.
    """
    address, field = (url, "url") if url is not None else (settings.variable(settings.URL), settings.URL)
    if not address.strip():
        if api_key:
            raise _refused(
                "api_key",
                "api_key is given without a server: the embedded host creates its own key."
                " Pass url=... or set WORKER_URL as well, or leave api_key out.",
            )
        return EmbeddedHost()
    origin, prefix, settled = _address(address.strip(), field, worker)
    key = _checked_key(api_key, "api_key") or _checked_key(
        settings.variable(settings.API_KEY), settings.API_KEY
    )
    return FixedEndpoint(Endpoint(origin, prefix, key, _checked_header(key_header), settled))


def _address(url: str, field: str, worker: str | None) -> tuple[str, str, bool]:
    parts, port = _split(url, field)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    scheme = parts.scheme
    origin = f"{scheme}://{host}" if port in (None, _DEFAULT_PORTS[scheme]) else f"{scheme}://{host}:{port}"
    path = "/" + "/".join(part for part in parts.path.split("/") if part)
    head, at_workers, tail = (path + "/").rpartition("/workers/")
    named = tail.strip("/")
    if at_workers and "/" not in named:
        if named and worker is not None and named != worker:
            raise _refused(
                field,
                f"The {field} names the worker '{named}', but the worker argument is '{worker}'."
                f" End the {field} with /workers, or use the same worker in both.",
            )
        return origin, head, True
    prefix = path.rstrip("/")
    return origin, prefix, prefix.endswith(FIRST_GENERATION)


def _split(url: str, field: str) -> tuple[SplitResult, int | None]:
    # These messages do not quote the URL: it can contain a password or a token.
    example = "such as https://workers.example.com or http://127.0.0.1:8000/api/v1"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused(field, f"The {field} is not a web address. Use an address {example}.") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise _refused(field, f"The {field} must start with http:// or https://. Use an address {example}.")
    if parts.username is not None or parts.password is not None:
        raise _refused(
            field,
            f"The {field} contains a user name or password, which would be visible with the address."
            " Remove it, and pass the key as api_key or in WORKER_API_KEY.",
        )
    if not parts.hostname:
        raise _refused(field, f"The {field} has no host. Use an address {example}.")
    if parts.query or parts.fragment:
        raise _refused(
            field, f"The {field} must end with its path, without ? or #. Use an address {example}."
        )
    if settings.unencrypted(url):
        raise _refused(
            field,
            f"The {field} is of another computer and begins with http://, so the key and all texts could be"
            f" read on the way. {settings.ENCRYPT}",
        )
    return parts, port


def _checked_key(key: str | None, field: str) -> str | None:
    key = (key or "").strip()
    if not key:
        return None
    if not (key.isascii() and key.isprintable()):
        raise _refused(
            field, f"The {field} contains characters that are not allowed in an HTTP header. Copy it again."
        )
    return key


def _checked_header(key_header: str | None) -> KeyHeader:
    value = key_header or settings.variable(settings.KEY_HEADER) or "x-aos-key"
    for known in get_args(KeyHeader):
        if value.strip().lower() == known:
            return known  # type: ignore[no-any-return]
    field = "key_header" if key_header else settings.KEY_HEADER
    raise _refused(field, f"The {field} must be x-aos-key or bearer.")


def _key_in_keyring(origin: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        return _checked_key(keyring.get_password(KEYRING_SERVICE, origin), "key in the keyring")
    except KeyringError:
        return None


def _refused(field: str, message: str) -> RequestRefused:
    return RequestRefused(message, [Problem(field, message)])
