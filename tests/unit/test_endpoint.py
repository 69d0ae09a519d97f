"""From what a person gives to where the worker is, and with which key."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from worker_widget.errors import RequestRefused
from worker_widget.runs.agui_agent import AguiAgent
from worker_widget.runs.otlp_sending import configured
from worker_widget.settings import language_model
from worker_widget.sources.worker_api.embedded import EmbeddedHost
from worker_widget.sources.worker_api.endpoint import Endpoint
from worker_widget.sources.worker_api.endpoint_settings import endpoint_from
from worker_widget.workers.business_builder.language_model.settings import ModelSettings

SECRET = "s3cr3t-key"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORKER_URL", "WORKER_API_KEY", "WORKER_KEY_HEADER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(sys.modules, "keyring", None)


@pytest.mark.parametrize(
    ("url", "origin", "prefixes"),
    [
        ("https://h", "https://h", ("/api/v1", "")),
        ("https://h/", "https://h", ("/api/v1", "")),
        (" HTTPS://H:443 ", "https://h", ("/api/v1", "")),
        ("http://localhost:8000", "http://localhost:8000", ("/api/v1", "")),
        ("http://127.3.2.1:8000", "http://127.3.2.1:8000", ("/api/v1", "")),
        ("http://[::1]:8000", "http://[::1]:8000", ("/api/v1", "")),
        ("https://h/api/v1", "https://h", ("/api/v1",)),
        ("https://h/api/v1/", "https://h", ("/api/v1",)),
        ("https://h/api/v1/workers", "https://h", ("/api/v1",)),
        ("https://h/workers", "https://h", ("",)),
        ("https://h/workers/business-builder/", "https://h", ("",)),
        ("https://h/api/v1/workers/business-builder", "https://h", ("/api/v1",)),
        ("https://h//gate/api/v1", "https://h", ("/gate/api/v1",)),
        ("https://h/gate", "https://h", ("/gate/api/v1", "/gate")),
    ],
)
async def test_each_way_to_write_the_address(url: str, origin: str, prefixes: tuple[str, ...]) -> None:
    endpoint = await endpoint_from(url, SECRET, "business-builder").resolve()
    assert (endpoint.origin, endpoint.prefixes) == (origin, prefixes)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://h", "must start with http:// or https://"),
        ("localhost:8000", "must start with http:// or https://"),
        ("workers.example.com", "must start with http:// or https://"),
        ("file:///etc/passwd", "must start with http:// or https://"),
        ("http://h:8000", "begins with http://, so the key"),
        ("HTTP://h", "WORKER_HTTP_HOSTS"),
        ("http://192.168.0.7", "begins with http://"),
        ("http://localhost.example", "begins with http://"),
        ("http://127.0.0.1.example", "begins with http://"),
        ("http://[fe80::1]", "begins with http://"),
        (f"https://me:{SECRET}@h", "contains a user name or password"),
        (f"https://{SECRET}@h", "contains a user name or password"),
        (f"https://h?key={SECRET}", "must end with its path"),
        (f"https://h/#{SECRET}", "must end with its path"),
        ("http://", "has no host"),
        ("http://h:port", "is not a web address"),
        ("http://[::1", "is not a web address"),
        ("https://h/workers/repo-fixer", "names the worker 'repo-fixer'"),
    ],
)
def test_a_bad_address_is_refused_in_words_that_repeat_no_secret(url: str, says: str) -> None:
    with pytest.raises(RequestRefused, match=says) as refused:
        endpoint_from(url, None, "business-builder")
    assert [problem.field for problem in refused.value.problems] == ["url"]
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("hosts", ["h", "other.example, H", "a h"])
async def test_a_host_that_is_named_may_have_http(monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    monkeypatch.setenv("WORKER_HTTP_HOSTS", hosts)
    assert (await endpoint_from("http://h:8000", SECRET).resolve()).origin == "http://h:8000"
    with pytest.raises(RequestRefused, match="begins with http://"):
        endpoint_from("http://h2:8000", SECRET)


@pytest.mark.parametrize(("key", "unencrypted"), [("k", True), ("", False)])
def test_a_language_model_of_another_computer_gets_no_key_readable(key: str, unencrypted: bool) -> None:
    given = {"WORKER_LLM_URL": "http://models.lan/v1", "WORKER_LLM_MODEL": "m", "WORKER_LLM_KEY": key}
    read = ModelSettings.read(language_model(given))
    assert read is not None
    assert ("WORKER_HTTP_HOSTS" in (read.problem or "")) == unencrypted
    allowed = ModelSettings.read(language_model({**given, "WORKER_HTTP_HOSTS": "models.lan"}))
    assert allowed is not None
    assert allowed.problem is None


def test_an_agent_and_a_collector_of_another_computer_have_https(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RequestRefused, match="begins with http://, so the headers"):
        AguiAgent("http://agents.example/run", {"Authorization": SECRET})
    monkeypatch.setenv("WORKER_OTLP_ENDPOINT", "http://collector.example:4318")
    with pytest.raises(ValueError, match="begins with http://"):
        configured()
    monkeypatch.setenv("WORKER_HTTP_HOSTS", "collector.example,agents.example")
    assert configured() is not None
    AguiAgent("http://agents.example/run", {"Authorization": SECRET})


async def test_the_environment_gives_what_the_arguments_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_URL", "https://from-the-environment")
    monkeypatch.setenv("WORKER_API_KEY", "key-of-the-environment")
    monkeypatch.setenv("WORKER_KEY_HEADER", "Bearer")
    endpoint = await endpoint_from().resolve()
    assert endpoint.origin == "https://from-the-environment"
    assert endpoint.headers() == {"Authorization": "Bearer key-of-the-environment"}
    endpoint = await endpoint_from("https://argument", SECRET, key_header="x-aos-key").resolve()
    assert endpoint.origin == "https://argument"
    assert endpoint.headers() == {"X-AOS-Key": SECRET}


def test_a_bad_address_in_the_environment_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_URL", "nowhere")
    with pytest.raises(RequestRefused, match="The WORKER_URL must start with"):
        endpoint_from()


def test_without_an_address_it_is_the_embedded_host() -> None:
    source = endpoint_from()
    assert isinstance(source, EmbeddedHost)
    assert source.label == "embedded host"
    assert endpoint_from("https://h:8443/api/v1").label == "https://h:8443"


def test_a_key_without_an_address_is_a_mistake_and_not_ignored() -> None:
    with pytest.raises(RequestRefused, match=r"Pass url=\.\.\. or set WORKER_URL") as refused:
        endpoint_from(None, SECRET)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("key", [f"{SECRET}\r\nX-Evil: 1", f"{SECRET}é", f"a {SECRET}\x00"])
def test_a_key_that_no_header_can_carry_is_refused_unseen(key: str) -> None:
    with pytest.raises(RequestRefused, match="Copy it again") as refused:
        endpoint_from("https://h", key)
    assert SECRET not in str(refused.value)


def test_an_unknown_key_header_is_refused() -> None:
    with pytest.raises(RequestRefused, match="must be x-aos-key or bearer"):
        endpoint_from("https://h", SECRET, key_header="cookie")  # type: ignore[arg-type]


def fake_keyring(
    monkeypatch: pytest.MonkeyPatch, keys: dict[tuple[str, str], str], *, broken: bool = False
) -> None:
    class KeyringError(Exception):
        pass

    def get_password(service: str, user: str) -> str | None:
        if broken:
            raise KeyringError("no backend")
        return keys.get((service, user))

    module = ModuleType("keyring")
    module.get_password = get_password  # type: ignore[attr-defined]
    errors = SimpleNamespace(KeyringError=KeyringError)
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


async def test_the_keyring_is_asked_last_and_again_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {("worker-widget", "https://h:8443"): SECRET}
    fake_keyring(monkeypatch, keys)
    source = endpoint_from("https://h:8443/api/v1")
    assert (await source.resolve()).key == SECRET
    keys["worker-widget", "https://h:8443"] = "renewed"
    assert (await source.resolve()).key == SECRET
    assert (await source.resolve(after_failure=True)).key == "renewed"
    assert (await endpoint_from("https://h:8443", "given").resolve(after_failure=True)).key == "given"


@pytest.mark.parametrize("broken", [True, False])
async def test_no_key_anywhere_is_no_error_yet(monkeypatch: pytest.MonkeyPatch, broken: bool) -> None:
    fake_keyring(monkeypatch, {}, broken=broken)
    endpoint = await endpoint_from("https://h").resolve()
    assert endpoint.key is None
    assert endpoint.headers() == {}


def test_the_key_is_never_shown() -> None:
    endpoint = Endpoint("https://h", key=SECRET)
    assert SECRET not in repr(endpoint)
    assert endpoint.without_key(f"got {SECRET}!") == "got •••!"
