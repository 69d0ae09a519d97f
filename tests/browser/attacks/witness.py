"""A page without protection, which shows when an attack would have been noticed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Page

from tests.browser.attacks.sink import Sink, listening
from tests.browser.lab import wait_until

LONGEST_TIMER_MS = 60
"""Longer than every timer that an attack sets."""
_WAYS = ("image", "navigation", "timer")
_ATTACK = """([url, udp, timer]) => {
    const frame = document.createElement("iframe");
    frame.srcdoc = `<img src="${url}/image"><iframe srcdoc="<meta http-equiv=refresh
        content='0;url=${url}/navigation'>"></iframe><script>
        setTimeout(() => { new Image().src = "${url}/timer"; }, ${timer});
        const peer = new RTCPeerConnection({ iceServers: [{ urls: "stun:127.0.0.1:${udp}" }] });
        peer.createDataChannel("x");
        peer.createOffer().then(offer => peer.setLocalDescription(offer));
    </script>`;
    document.body.replaceChildren(frame);
}"""


class Witness:
    """Attacks its own server in each way that takes an attack time, in the browser that draws the others.

    An attack that began before `wait` and was not noticed by its end would not be noticed later: each way
    (a request, a navigation, a timer, a datagram) has been gone from its beginning to its end meanwhile,
    however slow the machine is.
    """

    def __init__(self, page: Page, sink: Sink) -> None:
        self.page = page
        self._sink = sink
        self._round = 0

    def wait(self) -> None:
        self._round += 1
        path = f"/{self._round}"
        datagrams = self._sink.datagrams
        wanted = {f"127.0.0.1{path}/{way}" for way in _WAYS}
        url = f"http://127.0.0.1:{self._sink.port}{path}"
        self.page.evaluate(_ATTACK, [url, self._sink.udp_port, LONGEST_TIMER_MS])
        wait_until(
            self.page,
            lambda: wanted <= set(self._sink.requests) and self._sink.datagrams > datagrams,
            "the unprotected attack",
        )


@contextmanager
def witness_in(context: BrowserContext) -> Iterator[Witness]:
    page = context.new_page()
    try:
        with listening() as sink:
            yield Witness(page, sink)
    finally:
        page.close()
