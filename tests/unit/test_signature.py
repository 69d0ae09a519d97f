"""Exports signed with a key of one's own, and what `verify` says about them."""

from __future__ import annotations

import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.recorded import events, recording
from worker_widget import PackageMissing, RunHistory, SigningKeyError, load_run
from worker_widget.cli import main
from worker_widget.runs.export.signature import fingerprint, public_key, signer
from worker_widget.runs.report.seal import BEGINNING
from worker_widget.runs.verifying import verify
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

RUN = "valid_professional"

serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")


@pytest.fixture
def history() -> Iterator[RunHistory]:
    store = EventStore.memory()
    store.begin(RUN, worker="business-builder", origin="http://127.0.0.1:8000", time_us=1)
    store.summarise(RUN, **summary(reduce_all(store.append(RUN, events(recording(RUN))))))
    yield RunHistory(store)
    store.close()


def write_key(directory: Path, name: str, *, ssh: bool = False, password: bytes | None = None) -> Path:
    """Writes a new private key, and its public key beside it; returns the path of the private key."""
    key = ed25519.Ed25519PrivateKey.generate()
    encryption = (
        serialization.NoEncryption() if password is None else serialization.BestAvailableEncryption(password)
    )
    private = serialization.PrivateFormat.OpenSSH if ssh else serialization.PrivateFormat.PKCS8
    path = directory / name
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, private, encryption))
    public = key.public_key()
    path.with_suffix(".pub").write_bytes(
        public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        if ssh
        else public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return write_key(tmp_path, "mine.pem")


@pytest.mark.parametrize("ssh", [False, True])
@pytest.mark.parametrize("format", ["json", "html"])
def test_a_signed_export_is_signed_by_its_key(
    history: RunHistory, tmp_path: Path, format: Literal["json", "html"], ssh: bool
) -> None:
    key = write_key(tmp_path, "key", ssh=ssh)
    path = history.export(RUN, format, tmp_path / f"run.{format}", sign=key)
    by = fingerprint(public_key(key.with_suffix(".pub")))
    assert by.startswith("SHA256:")
    for named in (None, key, key.with_suffix(".pub")):
        found = verify(path, key=named)
        assert (found.accepted, found.signed_by, found.refused) == (True, by, None)
        assert f"It is signed by {by}" in str(found)
    other = write_key(tmp_path, "other")
    assert verify(path, key=other).refused == (
        f"it is signed by {by}, not by {fingerprint(public_key(other))}"
    )
    plain = history.export(RUN, format, tmp_path / f"plain.{format}")
    assert (verify(plain).accepted, verify(plain).signed_by) == (True, None)
    assert verify(plain, key=key).refused == "it is not signed"
    if format == "json":
        assert load_run(path, in_memory=True).status == "completed"


def test_a_signature_changes_nothing_else(history: RunHistory, tmp_path: Path, key: Path) -> None:
    plain = history.export(RUN, "json", tmp_path / "plain.json").read_bytes()
    signed = history.export(RUN, "json", tmp_path / "signed.json", sign=key).read_bytes()
    at = plain.index(b'  "exported_at"')
    assert signed[:at] == plain[:at]
    assert b'"signature"' not in plain
    assert len(signed.splitlines()) == len(plain.splitlines())
    assert key.read_bytes().splitlines()[1] not in signed


def test_a_file_without_a_signature_is_intact_but_not_of_a_key(
    history: RunHistory, tmp_path: Path, key: Path
) -> None:
    path = history.export(RUN, "json", tmp_path / "run.json")
    assert "It is not signed." in str(verify(path))
    found = verify(path, key=key)
    assert (found.accepted, found.changed) == (False, None)
    assert str(found) == f"{path} is not accepted: it is not signed."


def test_a_signature_of_another_report_is_wrong(history: RunHistory, tmp_path: Path, key: Path) -> None:
    first = history.export(RUN, "html", tmp_path / "first.html", sign=key)
    other = RunHistory(EventStore.memory())
    other._store.begin("other", worker="w", origin="o", time_us=1)
    other._store.append("other", events(recording(RUN))[:-1])
    forged = other.export("other", "html", tmp_path / "forged.html")
    ours, theirs = (
        b64decode(path.read_text().rpartition(BEGINNING)[2].partition("<")[0]) for path in (forged, first)
    )
    signed = ours[:-1] + theirs[theirs.index(b',"signature"') :]
    text = forged.read_text().replace(b64encode(ours).decode(), b64encode(signed).decode())
    forged.write_text(text)
    found = verify(forged, key=key)
    assert found.changed is None
    assert found.refused is not None
    assert found.refused.startswith("its signature is wrong")


def test_a_changed_byte_is_found_and_hashes_written_anew_are_not_signed(
    history: RunHistory, tmp_path: Path, key: Path
) -> None:
    path = history.export(RUN, "json", tmp_path / "run.json", sign=key)
    text = path.read_bytes()
    path.write_bytes(text.replace(b"Create a landing", b"Create a loading", 1))
    assert "was changed after its export" in str(verify(path, key=key))
    other = RunHistory(EventStore.memory())
    other._store.begin(RUN, worker="w", origin="o", time_us=1)
    other._store.append(RUN, events(recording(RUN))[:-1])
    forged = other.export(RUN, "json", tmp_path / "forged.json").read_bytes()
    signature = text[text.index(b',"signature"') :]
    path.write_bytes(forged.removesuffix(b"}\n}\n") + signature)
    for named in (None, key):
        found = verify(path, key=named)
        assert found.changed is None
        assert found.refused is not None
        assert found.refused.startswith("its signature is wrong")


@pytest.mark.parametrize(
    ("member", "change"),
    [
        ("algorithm", lambda value: "rsa"),
        ("value", lambda value: b64encode(bytes(64)).decode()),
        ("value", lambda value: "no base64!"),
        ("value", lambda value: value[:-8]),
        ("key", lambda value: b64encode(b64decode(value)[:-1]).decode()),
        ("key", lambda value: ""),
        ("value", lambda value: with_spare_bit(value)),
        ("key", lambda value: with_spare_bit(value)),
    ],
)
def test_a_damaged_signature_is_refused(
    history: RunHistory, tmp_path: Path, key: Path, member: str, change: Any
) -> None:
    path = history.export(RUN, "json", tmp_path / "run.json", sign=key)
    before, marked, rest = path.read_text().rpartition(f'"{member}":"')
    value, _, end = rest.partition('"')
    path.write_text(f'{before}{marked}{change(value)}"{end}')
    for named in (None, key):
        assert not verify(path, key=named).accepted


def with_spare_bit(text: str) -> str:
    """Other base64 of the same bytes: its last character has bits that no byte needs."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    bare = text.rstrip("=")
    changed = bare[:-1] + digits[digits.index(bare[-1]) ^ 1] + text[len(bare) :]
    assert b64decode(changed, validate=True) == b64decode(text)
    return changed


def test_only_formats_with_hashes_are_signed_and_only_by_a_key(
    history: RunHistory, tmp_path: Path, key: Path
) -> None:
    with pytest.raises(ValueError, match=r"csv cannot be signed\. Choose html or json"):
        history.export(RUN, "csv", tmp_path / "run.csv", sign=key)
    plain = write_key(tmp_path, "locked.pem", password=b"x")
    with pytest.raises(SigningKeyError, match="has a passphrase"):
        history.export(RUN, "json", tmp_path / "run.json", sign=plain)
    (tmp_path / "no.pem").write_text("hello")
    with pytest.raises(SigningKeyError, match="openssl genpkey -algorithm ed25519"):
        signer(tmp_path / "no.pem")
    with pytest.raises(SigningKeyError, match="is no public key"):
        public_key(tmp_path / "no.pem")
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (tmp_path / "rsa.pem").write_bytes(
        other.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    with pytest.raises(SigningKeyError, match="not an ed25519 key"):
        signer(tmp_path / "rsa.pem")
    with pytest.raises(FileNotFoundError):
        history.export(RUN, "json", tmp_path / "run.json", sign=tmp_path / "nothing.pem")
    assert not (tmp_path / "run.json").exists()
    assert key.name not in repr(signer(key))


def test_a_file_that_is_there_is_written_again_to_be_signed(
    history: RunHistory, tmp_path: Path, key: Path
) -> None:
    (path,) = history.export([RUN], "json", tmp_path / "runs")
    assert verify(path).signed_by is None
    history.export([RUN], "json", tmp_path / "runs", sign=key)
    assert verify(path, key=key).accepted


def test_without_the_package_it_says_so(
    history: RunHistory, tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = history.export(RUN, "json", tmp_path / "run.json", sign=key)
    for name in [name for name in sys.modules if name.startswith("cryptography")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(PackageMissing, match=r'pip install "worker-widget\[sign\]"'):
        history.export(RUN, "json", path, sign=key)
    found = verify(path)
    assert (found.accepted, found.signed_by) == (True, None)
    assert "Its signature was not checked" in str(found)
    with pytest.raises(PackageMissing):
        verify(path, key=key)


def test_the_command_says_who_signed(
    history: RunHistory, tmp_path: Path, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = history.export(RUN, "json", tmp_path / "run.json", sign=key)
    assert main(["verify", str(path), "--key", str(key.with_suffix(".pub"))]) == 0
    assert f"It is signed by {fingerprint(public_key(key))}." in capsys.readouterr().out
    other = write_key(tmp_path, "other.pem")
    assert main(["verify", str(path), "--key", str(other)]) == 1
    assert "not by" in capsys.readouterr().err
    assert main(["verify", str(path), "--key", str(path)]) == 2
    assert "is no public key" in capsys.readouterr().err
