"""What the host refuses: each row is bytes on a socket, and no row reaches a route."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from worker_widget.host.http.middleware import MAX_BODY_BYTES
from worker_widget.host.http.traces import MAX_BODY_BYTES as MAX_TRACES_BYTES
from worker_widget.host.process.server import HostSettings
from worker_widget.host.process.threaded import ThreadedHost

from .host_support import BASE, Api, app_of_routes, scripted

HEALTH = "/api/v1/health"
RUN_ID = "00000000-0000-4000-8000-000000000000"
FILES = ("host.db", "host.json", "host.log", "etc/passwd")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedHost]:
    with ThreadedHost(tmp_path_factory.mktemp("host"), scripted()) as running:
        yield running


@pytest.fixture(scope="module")
def open_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedHost]:
    """A host whose streams need no key."""
    settings = HostSettings(open_streams=True)
    with ThreadedHost(tmp_path_factory.mktemp("open"), scripted(), settings=settings) as running:
        yield running


def exchange(
    host: ThreadedHost, target: str, *headers: str, method: str = "GET", body: bytes = b""
) -> Answer:
    """Sends a request as it is written: no client corrects its path or its headers."""
    given = {line.partition(":")[0].lower() for line in headers}
    lines = [f"{method} {target} HTTP/1.1", *headers, "Connection: close"]
    if "host" not in given:
        lines.append(f"Host: 127.0.0.1:{host.port}")
    if body and "content-length" not in given:
        lines.append(f"Content-Length: {len(body)}")
    return sent(host, "\r\n".join([*lines, "", ""]).encode("latin-1") + body)


def sent(host: ThreadedHost, request: bytes) -> Answer:
    with socket.create_connection(("127.0.0.1", host.port), timeout=60) as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return Answer(answer.status, answer.msg, answer.read())


def routes() -> list[tuple[str, str]]:
    """Every method and path that the host has, with something in the place of each parameter."""
    paths = app_of_routes().openapi()["paths"]
    return [
        (method.upper(), path.replace("{worker}", "scripted").replace("{run_id}", RUN_ID))
        for path, methods in paths.items()
        for method in methods
    ]


@pytest.mark.parametrize(("method", "path"), routes())
def test_every_route_demands_the_key(host: ThreadedHost, method: str, path: str) -> None:
    for headers in ((), ("X-AOS-Key: guess",), ("Authorization: Bearer guess",), ("X-AOS-Key:",)):
        answer = exchange(host, path, *headers, method=method)
        assert answer.status == 401, headers
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert exchange(host, path, f"X-AOS-Key: {host.token}", "Host: evil.example", method=method).status == 421
    foreign = exchange(host, path, f"X-AOS-Key: {host.token}", "Origin: https://evil.example", method=method)
    assert foreign.status == 403


def test_the_table_has_every_route() -> None:
    assert len(routes()) >= 20
    assert {("POST", f"{BASE}/runs/{RUN_ID}/fork"), ("POST", "/v1/traces"), ("GET", HEALTH)} <= set(routes())


KEYS = [
    "X-AOS-Key: {half}",
    "X-AOS-Key: {token}x",
    "X-AOS-Key: {token},{token}",
    "X-AOS-Key: {swapped}",
    "X-AOS-Key: \xff\xfe",
    "X-AOS-Key: undefined",
    "X-AOS-Key: Bearer {token}",
    "X_AOS_Key: {token}",
    "Authorization: {token}",
    "Authorization: Basic {token}",
    "Authorization: Bearer",
    "Authorization: Bearer {token} {token}",
    "Authorization: Bearer\t{token}",
    "Proxy-Authorization: Bearer {token}",
    "Cookie: X-AOS-Key={token}",
]


@pytest.mark.parametrize("header", KEYS)
def test_a_key_that_is_not_the_key_is_refused(host: ThreadedHost, header: str) -> None:
    token = host.token
    value = header.format(token=token, half=token[: len(token) // 2], swapped=token.swapcase())
    answer = exchange(host, HEALTH, value)
    assert answer.status == 401
    assert token.encode() not in answer.body


@pytest.mark.parametrize("query", ["key={token}", "api_key={token}", "token={token}", "X-AOS-Key={token}"])
def test_a_key_in_the_address_is_no_key(host: ThreadedHost, query: str) -> None:
    assert exchange(host, f"{HEALTH}?{query.format(token=host.token)}").status == 401


@pytest.mark.parametrize(
    "second", ["X-AOS-Key: {token}", "X-AOS-Key: guess", "Authorization: Bearer {token}"]
)
def test_two_keys_are_refused(host: ThreadedHost, second: str) -> None:
    answer = exchange(host, HEALTH, f"X-AOS-Key: {host.token}", second.format(token=host.token))
    assert answer.status == 400


HOSTS = [
    "evil.example",
    "evil.example:{port}",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil.localhost",
    "localhost@evil.example",
    "127.0.0.1:{port}@evil.example",
    "127.0.0.1:{port}.evil.example",
    "127.0.0.1:80:80",
    "127.0.0.1/evil.example",
    "127.0.0.1 evil.example",
    "127.0.0.1:-1",
    "[::1].evil.example",
    "[::1]:80:80",
    "[::1",
    "[::ffff:127.0.0.1]",
    "0.0.0.0:{port}",
    "0",
    "2130706433",
    "127.1",
    "192.168.0.1",
    "l\u00f6calhost",
    "localhost.",
]


@pytest.mark.parametrize("name", [*HOSTS, ""])
def test_a_foreign_host_is_refused_even_with_the_key(host: ThreadedHost, name: str) -> None:
    answer = exchange(host, HEALTH, f"X-AOS-Key: {host.token}", f"Host: {name.format(port=host.port)}")
    assert answer.status in (400, 421)


def test_two_hosts_are_refused(host: ThreadedHost) -> None:
    for hosts in (("127.0.0.1", "evil.example"), ("evil.example", "127.0.0.1"), ("local", "host")):
        lines = (f"Host: {name}" for name in hosts)
        assert exchange(host, HEALTH, f"X-AOS-Key: {host.token}", *lines).status in (400, 421)


ORIGINS = [
    "https://evil.example",
    "http://evil.example:{port}",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "http://localhost@evil.example",
    "http://127.0.0.1:{port}@evil.example",
    "http://127.0.0.1:{port}/",
    "http://[::1].evil.example",
    "http://0.0.0.0:{port}",
    "null",
    "",
    "file://",
    "file://127.0.0.1",
    "ftp://127.0.0.1",
    "chrome-extension://abcdefghijklmnop",
    "127.0.0.1",
    "http://127.0.0.1 https://evil.example",
]


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_foreign_page_is_refused_even_with_the_key(host: ThreadedHost, origin: str) -> None:
    header = f"Origin: {origin.format(port=host.port)}"
    answer = exchange(host, HEALTH, f"X-AOS-Key: {host.token}", header)
    assert answer.status == 403
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    run = exchange(
        host, f"{BASE}/run", f"X-AOS-Key: {host.token}", header, method="POST", body=b'{"task": "log 1"}'
    )
    assert run.status == 403


@pytest.mark.parametrize("origin", ["http://localhost:8888", "https://127.0.0.1", "http://[::1]:3000"])
def test_a_page_of_this_computer_still_needs_the_key(host: ThreadedHost, origin: str) -> None:
    assert exchange(host, HEALTH, f"Origin: {origin}").status == 401
    answer = exchange(host, HEALTH, f"Origin: {origin}", f"X-AOS-Key: {host.token}")
    assert answer.status == 200
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:8888"])
def test_no_page_may_ask_what_it_may_send(host: ThreadedHost, origin: str) -> None:
    answer = exchange(
        host,
        f"{BASE}/run",
        f"Origin: {origin}",
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: x-aos-key",
        method="OPTIONS",
    )
    assert answer.status in (401, 403)
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


PATHS = [
    "/../{file}",
    "/./{file}",
    "//{file}",
    "/%2e%2e/{file}",
    "/..%2f{file}",
    "/..%5c{file}",
    "/%252e%252e/{file}",
    "/api/v1/../../{file}",
    "/api/v1/workers/../../../{file}",
    "/api/v1/workers/..%2f..%2f{file}/health",
    "/api/v1/workers/scripted/runs/../../../../../{file}",
    "/api/v1/workers/scripted/runs/..%2f..%2f{file}",
    "/api/v1/workers/scripted/runs/%00",
    "/api/v1/workers/scripted/events/..%2f{file}%00",
    "/api/v1/workers/scripted/stream/%2e%2e%2f{file}",
    "/api/v1/workers/scripted/stream/{run}/../../{file}",
    "/api/v1/workers/scripted/stream/{run}%2f..",
    "/api/v1/workers/scripted/stream/{run}%0a",
    "/api/v1/workers/scripted/stream/{run};x",
    "/api/v1/workers/scripted/runs/' OR 1=1 --".replace(" ", "%20"),
    "/api/v1/workers/scripted/runs/%ff%fe",
    "/static/{file}",
    "/docs",
    "/redoc",
    "/openapi.json",
    "http://evil.example/api/v1/health",
    "*",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_trick_finds_nothing(host: ThreadedHost, open_host: ThreadedHost, path: str) -> None:
    for file in FILES:
        target = path.format(file=file, run=RUN_ID)
        assert exchange(host, target).status in (400, 401), target
        assert exchange(open_host, target).status in (400, 401), target
        answer = exchange(host, target, f"X-AOS-Key: {host.token}")
        if not target.endswith("/api/v1/health") and "/events/" not in target:
            assert answer.status in (400, 404, 422), target
        assert b"SQLite format" not in answer.body
        assert b"root:" not in answer.body
        assert host.token.encode() not in answer.body


@pytest.mark.parametrize(
    ("route", "most"), [(f"{BASE}/run", MAX_BODY_BYTES), ("/v1/traces", MAX_TRACES_BYTES)]
)
def test_a_body_over_the_bound_is_refused(host: ThreadedHost, route: str, most: int) -> None:
    key = f"X-AOS-Key: {host.token}"
    refused = exchange(host, route, key, method="POST", body=b"x" * (most + 1))
    assert refused.status == 413
    assert f"{most:,}".encode() in refused.body
    assert exchange(host, route, method="POST", body=b"x").status == 401
    allowed = exchange(host, route, key, "Content-Type: application/json", method="POST", body=b" " * most)
    assert allowed.status in (400, 422)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_bound_holds_for_every_method_and_path(host: ThreadedHost, method: str) -> None:
    key = f"X-AOS-Key: {host.token}"
    for target in (f"{BASE}/runs/{RUN_ID}", "/nowhere"):
        body = b"x" * (MAX_BODY_BYTES + 1)
        assert exchange(host, target, key, method=method, body=body).status == 413


def send_again_and_again(connection: socket.socket, chunk: bytes) -> None:
    for _ in range(1_000):
        connection.sendall(chunk)


def test_a_body_without_an_end_is_refused(host: ThreadedHost) -> None:
    head = (
        f"POST {BASE}/run HTTP/1.1\r\nHost: 127.0.0.1\r\nX-AOS-Key: {host.token}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", host.port), timeout=60) as connection:
        connection.sendall(head.encode())
        # The host answers and closes the connection, however long the client goes on.
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            send_again_and_again(connection, chunk)
    assert exchange(host, HEALTH, f"X-AOS-Key: {host.token}").status == 200


ODD_REQUESTS = [
    b"POST /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
    b"POST /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-AOS-Key : {token}\r\n\r\n",
    b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\x00b\r\nX-AOS-Key: {token}\r\n\r\n",
    b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n X-AOS-Key: {token}\r\n\r\n",
    b"GET /api/v1/health\r\n\r\n",
    b"GET /api/v1/hea\x00lth HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /api/v1/health HTTP/1.1\r\nX-AOS-Key: {token}\r\n\r\n",
    b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]


@pytest.mark.parametrize("request_bytes", ODD_REQUESTS, ids=range(len(ODD_REQUESTS)))
def test_a_request_that_is_not_http_is_refused(host: ThreadedHost, request_bytes: bytes) -> None:
    try:
        answer = sent(host, request_bytes.replace(b"{token}", host.token.encode()))
    except (http.client.HTTPException, OSError):
        pass  # the connection was closed without an answer
    else:
        assert answer.status in (400, 401, 421)
    assert exchange(host, HEALTH, f"X-AOS-Key: {host.token}").status == 200


def test_a_refused_request_starts_nothing(host: ThreadedHost, tmp_path: Path) -> None:
    client = Api(host.url, host.token)
    with client.http:
        before = client.get("/runs").json()
        body = b'{"task": "log 1"}'
        for headers in (
            (),
            ("X-AOS-Key: guess",),
            (f"X-AOS-Key: {host.token}", "Host: evil.example"),
            (f"X-AOS-Key: {host.token}", "Origin: null"),
        ):
            assert exchange(host, f"{BASE}/run", *headers, method="POST", body=body).status in (401, 403, 421)
        assert client.get("/runs").json() == before


def test_the_host_listens_on_loopback_only(host: ThreadedHost) -> None:
    psutil = pytest.importorskip("psutil")
    listening = {
        connection.laddr.ip
        for connection in psutil.Process().net_connections()
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == host.port
    }
    assert listening == {urlsplit(host.url).hostname}
