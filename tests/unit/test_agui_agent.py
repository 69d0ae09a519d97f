"""The arguments ``agui`` and ``headers``: what is accepted, and that nothing quotes a secret."""

from __future__ import annotations

from typing import Any

import pytest

from worker_widget.errors import RequestRefused
from worker_widget.runs.agui_agent import AguiAgent
from worker_widget.runs.client import WorkerClient

URL = "http://127.0.0.1:8000/agent?team=blue"
SECRET = "tiny-Zebra-4711"
HEADERS = {"Authorization": f"Bearer {SECRET}"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"ftp://host/{SECRET}", "must start with http"),
        (SECRET, "must start with http"),
        ("", "must start with http"),
        (f"http://user:{SECRET}@host/agent", "user name or password"),
        (f"http:///{SECRET}", "not a web address"),
        (f"http://host:port/{SECRET}", "not a web address"),
        (f"http://[{SECRET}", "not a web address"),
        (f"http://host/{SECRET}\nX: 1", "not a web address"),
        (f"http://host/#{SECRET}", "must have no #"),
        (None, "must start with http"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_being_quoted(url: Any, words: str) -> None:
    with pytest.raises(RequestRefused, match=words) as caught:
        AguiAgent(url, HEADERS)
    assert SECRET not in str(caught.value)
    assert [problem.field for problem in caught.value.problems] == ["agui"]


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"X": f"{SECRET}\r\nHost: other"}, "headers.X"),
        ({"X": f"{SECRET}\u00e9"}, "headers.X"),
        ({"X": SECRET.encode()}, "headers.X"),
        ({f"{SECRET}: ": "x"}, "headers"),
        ({f"{SECRET}\n": "x"}, "headers"),
        ({"": SECRET}, "headers"),
        ({1: SECRET}, "headers"),
        ([("X", SECRET)], "headers"),
    ],
)
def test_a_header_that_http_does_not_allow_is_refused_without_being_quoted(headers: Any, field: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        AguiAgent(URL, headers)
    assert SECRET not in str(caught.value)
    assert [problem.field for problem in caught.value.problems] == [field]


def test_headers_need_an_agent() -> None:
    with pytest.raises(RequestRefused, match="give its address as agui"):
        WorkerClient(headers=HEADERS)


def test_an_agent_is_a_worker_of_its_own() -> None:
    assert WorkerClient(agui=URL).worker == "agui"
    assert WorkerClient("agui", agui=URL).worker == "agui"
    with pytest.raises(RequestRefused, match="the worker is 'agui', not 'word-counter'"):
        WorkerClient("word-counter", agui=URL)


def test_a_repr_has_the_origin_alone() -> None:
    client = WorkerClient(agui=URL, headers=HEADERS)
    assert repr(client.agent) == "AguiAgent('http://127.0.0.1:8000')"
    for text in (repr(client), repr(client.agent), repr(vars(client))):
        assert "team=blue" not in text
        assert SECRET not in text
    assert "http://127.0.0.1:8000" in repr(client)


def test_the_headers_and_the_query_go_to_this_agent_alone() -> None:
    agent = AguiAgent(URL, HEADERS)
    for given in ({}, {"url": URL}, {"url": agent.url}):
        options = agent.options(given)
        assert options["url"] == "http://127.0.0.1:8000/agent", "the query is not stored"
        assert agent.secrets("agui", options) == {**HEADERS, "?": "team=blue"}
    assert agent.secrets("agui", {"url": "http://other"}) == {}
    assert agent.secrets("business-builder", {"url": URL}) == {}
    with pytest.raises(RequestRefused, match=r"the agent at http://127\.0\.0\.1:8000\."):
        agent.options({"url": "http://other"})


def test_a_conversation_goes_on_until_a_new_one_begins() -> None:
    client = WorkerClient(agui=URL)
    agent = client.agent
    assert agent is not None
    first = agent.options({})["thread_id"]
    assert agent.options({})["thread_id"] == first
    assert agent.options({"thread_id": "mine"})["thread_id"] == "mine"
    client.new_conversation()
    assert agent.options({})["thread_id"] != first
    with pytest.raises(RequestRefused, match="no conversation without an AG-UI agent"):
        WorkerClient().new_conversation()
