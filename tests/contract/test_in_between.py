"""Between a kernel and its server: proxies, networks that ask to sign in, TLS, and busy gateways."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from worker_widget.errors import HostUnreachable, ServerError
from worker_widget.events.sse import SSEDecoder
from worker_widget.sources.run_source import StreamLink
from worker_widget.sources.worker_api.follow import follow
from worker_widget.sources.worker_api.refusals import retry_after_s
from worker_widget.store.event_store import EventStore

from .quirky_server import CUT, HOLD, QuirkyServer, Reply, Stream
from .test_cuts import NUMBERED
from .test_follow import (
    BASE,
    COMPLETED,
    LOGGED,
    NOT_READY,
    QUICK,
    STARTED,
    STREAM_END,
    WORKING,
    Notified,
    answer,
    client_at,
    client_of,
    controller_of,
    followed,
    listed,
    state_of,
    stream,
)

GUARD_S = 120.0
PAGE = Reply(200, "<html><h1>Sign in</h1></html>", {"Content-Type": "text/html"})
PORTAL = Reply(302, "", {"Location": "http://portal.example/login?next=x"})
WHOLE = STARTED + WORKING + LOGGED + COMPLETED + STREAM_END


async def uncut() -> Notified:
    async with QuirkyServer() as server:
        stream(server, Stream(WHOLE))
        return await followed(server)


# --- proxies ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reply", [PAGE, PORTAL, Reply(511, "<html>"), Reply(502, "<html>")])
async def test_a_page_in_place_of_the_server_is_waited_for_until_it_is_gone(
    server: QuirkyServer, reply: Reply
) -> None:
    """As long as it takes a person to sign in to a network again."""
    stream(server, Stream(STARTED, CUT), *[reply] * 9, Stream(WHOLE))
    notified = await followed(server)
    assert state_of(notified) == state_of(await uncut())
    waits = [link for link in notified.links if link.phase == "reconnecting"]
    assert all(link.message and link.retry_in_s and link.retry_now for link in waits)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [(PAGE, "answered the stream request with text/html"), (PORTAL, "redirects to http://portal.example")],
)
async def test_a_page_in_place_of_the_server_is_named_and_given_up_in_the_end(
    server: QuirkyServer, reply: Reply, reason: str
) -> None:
    stream(server, reply)
    with pytest.raises(ServerError, match=reason):
        await followed(server)
    stream(server, Stream(STARTED, CUT), reply)
    with pytest.raises(HostUnreachable, match=f"{reason}.* Gave up after"):
        await followed(server, patience=replace(QUICK, give_up_s=0.3))


@pytest.mark.parametrize("path", [f"{BASE}/stream/r1/", f"{BASE}/stream/r1"])
async def test_a_redirect_on_the_same_server_is_named_and_not_followed(
    server: QuirkyServer, path: str
) -> None:
    """Also one that leads to itself."""
    stream(server, Reply(307, "", {"Location": server.origin + path}))
    with pytest.raises(ServerError, match=re.escape(f"redirects to {server.origin}{path} (status 307)")):
        await followed(server)
    assert len(server.asked("GET", f"{BASE}/stream/r1")) == 1
    assert {seen.path for seen in server.seen} <= {
        f"{BASE}/{name}" for name in ("stream/r1", "runs", "runs/r1")
    }


async def test_a_proxy_that_holds_everything_back_until_the_run_is_over(server: QuirkyServer) -> None:
    over = asyncio.Event()

    async def wait() -> None:
        await over.wait()

    stream(server, Reply(200, WHOLE, {"Content-Type": "text/event-stream"}, wait))
    asyncio.get_running_loop().call_later(0.2, over.set)
    assert state_of(await followed(server)) == state_of(await uncut())


async def test_a_proxy_that_never_passes_the_stream_on(server: QuirkyServer) -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    stream(server, Reply(200, "", {}, wait))
    server.on("GET", f"{BASE}/runs", listed("completed", True))
    server.on("GET", f"{BASE}/runs/r1", answer("completed", total_tokens_used=7))
    notified = await followed(server, patience=replace(QUICK, silence_s=0.3))
    assert state_of(notified).status == "completed"
    assert "did not answer in time" in next(link.message for link in notified.links if link.message)


async def test_a_proxy_that_cuts_every_connection_of_a_server_that_numbers_its_events(
    server: QuirkyServer,
) -> None:
    frames = [part + b"\n\n" for part in NUMBERED.split(b"\n\n") if part]
    head, events = frames[0], frames[1:]
    stream(server, *[Stream(head + event, CUT) for event in events[:-1]], Stream(events[-1] + STREAM_END))
    notified = await followed(server)
    asked = [seen.headers.get("last-event-id") for seen in server.asked("GET", f"{BASE}/stream/r1")]
    assert asked == [None, "1", "2", "3", "4", "5"]
    assert [event.raw for event in notified.events] == [frame.data for frame in SSEDecoder().feed(NUMBERED)]


async def test_a_proxy_that_cuts_every_connection_of_a_server_that_repeats_everything(
    server: QuirkyServer,
) -> None:
    cuts = range(len(STARTED) // 2, len(WHOLE), len(WHOLE) // 17)
    stream(server, *[Stream(WHOLE[:at], CUT) for at in cuts], Stream(WHOLE))
    assert state_of(await followed(server)) == state_of(await uncut())


async def test_a_run_that_is_not_followed_any_more_is_followed_again_when_a_person_asks(
    server: QuirkyServer,
) -> None:
    server.on("GET", f"{BASE}/runs/r1", NOT_READY)
    stream(server, Stream(STARTED, HOLD), PAGE)  # the first shows that the server knows the run
    async with client_of(server) as client, asyncio.timeout(GUARD_S):
        controller = controller_of(client, server, EventStore.memory())
        live = await controller.open_run("r1")
        await asyncio.wrap_future(live.over)
        assert "text/html" in str(live.failure)
        stream(server, Stream(WHOLE))
        again = await controller.open_run("r1")
        await asyncio.wrap_future(again.over)
        assert (again.failure, again.state.status) == (None, "completed")
        assert controller.newest.form.notice is None
        await controller.close()


# --- a busy server ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        (" 30 ", 30),
        ("99999999999", 99_999_999_999),
        ("9" * 400, float("inf")),
        ("Sun, 22 Nov 2026 08:00:30 GMT", 30),
        ("Sun, 22 Nov 2026 08:00:30 -0000", 30),
        ("Sun, 22 Nov 2026 07:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 251_592_119_999),
        *[
            (nonsense, None)
            for nonsense in ("", "soon", "-5", "1.5", "²", "0x1f", "Sun, 99 Nov 2026 08:00 GMT")
        ],
    ],
)
def test_the_time_to_ask_again_is_a_number_or_a_date_by_the_servers_clock(
    value: str, seconds: float | None
) -> None:
    found = retry_after_s({"retry-after": value, "date": "Sun, 22 Nov 2026 08:00:00 GMT"})
    assert found == seconds or (found is not None and seconds is not None and found > 1e11 and seconds > 1e11)


@pytest.mark.parametrize(
    ("value", "least_s", "most_s"),
    [("30", 30, 37.5), ("99999999999", 120, 150), ("9" * 400, 120, 150), ("-5", 0, 0.1), ("²", 0, 0.1)],
)
async def test_a_busy_server_is_asked_again_when_it_says_and_a_person_sees_when(
    server: QuirkyServer, value: str, least_s: float, most_s: float
) -> None:
    busy = Reply(429, {"detail": "slow down"}, {"Retry-After": value})
    stream(server, busy, Stream(WHOLE))
    waits: list[float] = []
    async with client_of(server) as client, asyncio.timeout(GUARD_S):
        async for item in follow(client, "r1", patience=QUICK):
            if isinstance(item, StreamLink) and item.retry_now is not None:
                assert item.retry_in_s is not None
                assert "is busy or not ready (status 429) (slow down)" in item.message
                waits.append(item.retry_in_s)
                item.retry_now()
    (wait_s,) = waits
    assert least_s <= wait_s <= most_s


# --- TLS -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def issuer() -> trustme.CA:
    return trustme.CA()


def context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(made)
    return made


def self_signed(directory: Path) -> ssl.SSLContext:
    own = trustme.CA()
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    own.private_key_pem.write_to_path(key)
    own.cert_pem.write_to_path(certificate)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate, key)
    return made


@pytest.fixture
def trusted(issuer: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issuer.cert_pem.write_to_path(tmp_path / "issuer.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "issuer.pem"))


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("self-signed", "it is self-signed. If you trust it, name the file"),
        ("of an unknown issuer", "its issuer is not known to this computer. If you trust it, name the file"),
        ("expired", "it has expired. Renew it on the server, or correct the clock"),
        ("not valid yet", "it is not valid yet. Renew it on the server, or correct the clock"),
        ("of another host", "it is for another (address|host name). Use the host name of the certificate"),
    ],
)
async def test_a_certificate_that_is_not_accepted_is_named_with_what_to_do(
    issuer: trustme.CA, tmp_path: Path, kind: str, reason: str
) -> None:
    now = datetime.now(UTC)
    day = timedelta(days=1)
    match kind:
        case "self-signed":
            tls = self_signed(tmp_path)
        case "of an unknown issuer":
            tls = context(trustme.CA().issue_cert("127.0.0.1"))
        case "expired":
            tls = context(issuer.issue_cert("127.0.0.1", not_before=now - 2 * day, not_after=now - day))
        case "not valid yet":
            tls = context(issuer.issue_cert("127.0.0.1", not_before=now + day, not_after=now + 2 * day))
        case _:
            tls = context(issuer.issue_cert("workers.example"))
    async with QuirkyServer(tls) as server, client_at(server.origin) as client:
        with pytest.raises(
            HostUnreachable, match=f"certificate of {server.origin} is not accepted: {reason}"
        ):
            await client.health()
        assert server.seen == []


@pytest.mark.usefixtures("trusted")
async def test_a_run_goes_on_when_the_right_certificate_is_there_again(
    issuer: trustme.CA, tmp_path: Path
) -> None:
    """A network that asks to sign in answers with a certificate of its own."""
    right = context(issuer.issue_cert("127.0.0.1"))
    notified = Notified()
    async with QuirkyServer(right) as server, client_at(server.origin) as client, asyncio.timeout(GUARD_S):
        stream(server, Stream(STARTED + WORKING, HOLD), Stream(WHOLE))
        async for item in follow(client, "r1", patience=QUICK):
            notified.take(item)
            if isinstance(item, StreamLink) and "is self-signed" in item.message:
                tls = right
            elif notified.types == ["run_started", "stage_started"] and not notified.phases.count(
                "reconnecting"
            ):
                tls = self_signed(tmp_path)
            else:
                continue
            await server.stop()
            server.tls = tls
            await server.start()
    assert any("is self-signed" in link.message for link in notified.links)
    assert state_of(notified) == state_of(await uncut())


@asynccontextmanager
async def speaking(answer: bytes) -> AsyncIterator[str]:
    """A server that answers whatever is sent so; yields its host and port."""

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as listener:
        yield f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"


async def test_a_port_without_tls_and_one_with_it_are_told_from_one_where_nothing_answers() -> None:
    async with (
        speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n") as place,
        client_at(f"https://{place}") as client,
    ):
        with pytest.raises(HostUnreachable, match=f"https://{place} answers, but not with TLS .*http://"):
            await client.health()
    async with speaking(b"\x15\x03\x01\x00\x02\x02\x46") as place, client_at(f"http://{place}") as client:
        with pytest.raises(HostUnreachable, match=f"http://{place} answers, but not with HTTP.*https://"):
            await client.health()
    async with client_at(f"https://{place}") as client:
        with pytest.raises(HostUnreachable, match=f"Nothing answers at https://{place}"):
            await client.health()
