"""Finds the endpoint: from the arguments, the environment and the keyring, else the embedded host."""

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
    """Who knows the endpoint, which may move: an embedded host that died comes back elsewhere."""

    @property
    def label(self) -> str:
        """What a person calls it: the origin, or "embedded host"."""
        ...

    async def resolve(self, *, after_failure: bool = False) -> Endpoint:
        """The endpoint. ``after_failure`` says that the one given before did not serve.

        Raises `HostUnreachable` where there is none.
        """
        ...


class FixedEndpoint:
    """A server at a known address. A key not given is looked up in the system's keyring, if one is
    installed: service ``worker-widget``, user name the origin. It is looked up again after a failure."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._given = endpoint
        self._known: Endpoint | None = endpoint if endpoint.key else None

    @property
    def label(self) -> str:
        return self._given.origin

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
    """The endpoint that the arguments, the environment and the keyring name.

    ``url`` or else ``WORKER_URL`` is an origin (``https://host``), one with the API's prefix
    (``https://host/api/v1``), or the whole way (``https://host/api/v1/workers/business-builder``).
    Where neither is set it is the embedded host. The key is ``api_key``, else ``WORKER_API_KEY``,
    else the keyring's; it is sent as ``key_header`` or ``WORKER_KEY_HEADER`` says, by default as
    ``x-aos-key``. ``worker`` must agree with the worker that the url names, if it names one.

    Raises `RequestRefused` for what is no such url, key or header; nothing is contacted yet.
    """
    said, place = (url, "url") if url is not None else (settings.variable(settings.URL), settings.URL)
    if not said.strip():
        if api_key:
            raise _refused(
                "api_key",
                "An api_key was given, but no server to use it with: the embedded host makes its own key."
                " Pass url=... or set WORKER_URL as well, or leave api_key out.",
            )
        return EmbeddedHost()
    origin, prefix, settled = _address(said.strip(), place, worker)
    key = _checked_key(api_key, "api_key") or _checked_key(
        settings.variable(settings.API_KEY), settings.API_KEY
    )
    return FixedEndpoint(Endpoint(origin, prefix, key, _checked_header(key_header), settled))


def _address(url: str, place: str, worker: str | None) -> tuple[str, str, bool]:
    parts, port = _split(url, place)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    scheme = parts.scheme
    origin = f"{scheme}://{host}" if port in (None, _DEFAULT_PORTS[scheme]) else f"{scheme}://{host}:{port}"
    path = "/" + "/".join(part for part in parts.path.split("/") if part)
    head, at_workers, tail = (path + "/").rpartition("/workers/")
    named = tail.strip("/")
    if at_workers and "/" not in named:
        if named and worker is not None and named != worker:
            raise _refused(
                place,
                f"The {place} names the worker '{named}', but '{worker}' was asked for."
                f" End the {place} with /workers, or ask for the same worker.",
            )
        return origin, head, True
    prefix = path.rstrip("/")
    return origin, prefix, prefix.endswith(FIRST_GENERATION)


def _split(url: str, place: str) -> tuple[SplitResult, int | None]:
    # Nothing of the url is quoted in these messages: it may hold a password or a token.
    example = "such as https://workers.example.com or http://127.0.0.1:8000/api/v1"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused(place, f"The {place} is not a web address. Give one {example}.") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise _refused(place, f"The {place} must start with http:// or https://. Give one {example}.")
    if parts.username is not None or parts.password is not None:
        raise _refused(
            place,
            f"The {place} holds a user name or password, which would show wherever the address is shown."
            " Leave it out, and give the key as api_key or in WORKER_API_KEY.",
        )
    if not parts.hostname:
        raise _refused(place, f"The {place} names no host. Give one {example}.")
    if parts.query or parts.fragment:
        raise _refused(place, f"The {place} must end with its path, without ? or #. Give one {example}.")
    return parts, port


def _checked_key(key: str | None, place: str) -> str | None:
    key = (key or "").strip()
    if not key:
        return None
    if not (key.isascii() and key.isprintable()):
        raise _refused(place, f"The {place} holds characters that no HTTP header can carry. Copy it again.")
    return key


def _checked_header(key_header: str | None) -> KeyHeader:
    said = key_header or settings.variable(settings.KEY_HEADER) or "x-aos-key"
    for known in get_args(KeyHeader):
        if said.strip().lower() == known:
            return known  # type: ignore[no-any-return]
    place = "key_header" if key_header else settings.KEY_HEADER
    raise _refused(place, f"The {place} must be x-aos-key or bearer.")


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
