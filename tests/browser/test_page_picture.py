"""Pages that try to get out while their picture for a report is drawn: none of them reaches anything."""

from __future__ import annotations

import pytest

from tests.browser.attacks.catalogue import ATTACKS
from tests.browser.attacks.sink import listening
from worker_widget.artifacts.page_picture import browser, page_picture

AT_ONCE = 40

pytestmark = pytest.mark.skipif(browser() is None, reason="there is no Chromium on this computer")


def test_a_page_reaches_nothing_while_it_is_drawn() -> None:
    together = [attack for attack in ATTACKS if not attack.alone]
    with listening() as sink:
        pages = [
            "".join(attack.aimed(sink, "picture") for attack in together[at : at + AT_ONCE])
            for at in range(0, len(together), AT_ONCE)
        ]
        pictures = [page_picture(page) for page in pages]
        assert (sink.requests, sink.connections, sink.datagrams) == ([], 0, 0)
    assert None not in pictures


def test_a_page_cannot_show_files_of_the_computer() -> None:
    page = "<h1>Hello</h1>{}"
    plain = page_picture(page.format(""))
    assert plain is not None
    for attack in (
        "<meta http-equiv=refresh content='0;url=file:///etc/hostname'>",
        "<link rel=stylesheet href=file:///etc/hostname>",
        "<a id=a href=file:///etc/hostname></a><script>document.getElementById('a').click()</script>",
    ):
        assert page_picture(page.format(attack)) == plain
