"""Display names for ids that the worker did not name."""

from __future__ import annotations

import pytest

from worker_widget.state.display_names import agent_name, display_name


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("deep_scan", "Deep Scan"),
        ("ux", "UX"),
        ("go-to-market", "Go to Market"),
        ("v2.draft", "V2 Draft"),
        ("langgraph", "LangGraph"),
        ("langchain_openai", "LangChain OpenAI"),
        ("json-to-html", "JSON to HTML"),
        ("call_llm_api", "Call LLM API"),
        ("sql.url.pdf.ai", "SQL URL PDF AI"),
        ("of_us", "Of us"),
        ("x", "X"),
        ("ChatOpenAI", "ChatOpenAI"),
        (" Market Research ", "Market Research"),
        ("überblick", "Überblick"),
        ("_", ""),
        ("", ""),
    ],
)
def test_an_id_becomes_words_as_people_write_them(id: str, name: str) -> None:
    assert display_name(id) == name


@pytest.mark.parametrize(
    ("agent", "name"), [("copywriter_agent", "Copywriter"), ("openai-agent", "OpenAI"), ("agent", "Agent")]
)
def test_the_word_agent_is_left_out_of_the_name_of_an_agent(agent: str, name: str) -> None:
    assert agent_name(agent) == name
