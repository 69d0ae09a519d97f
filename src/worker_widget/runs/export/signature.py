"""Signs the seal of a file with an ed25519 key, and checks such a signature.

What is signed is the JSON of the seal without a signature: the head of the chain of events, their number, and
the hashes of the whole file and its sections. The public key is written with it, so that anybody can see
which key it was; whose it is can only be known by comparing it with a key, or its fingerprint, from
elsewhere.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from pathlib import Path
from struct import pack
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from ...errors import PackageMissing, SigningKeyError

ALGORITHM: Final = "ed25519"
_DOMAIN: Final = b"worker-widget/signature\n"
_KIND: Final = b"ssh-ed25519"


class Signature(msgspec.Struct):
    """A signature as it is in the file: public key and signature in base64."""

    algorithm: str = ""
    key: str = ""
    value: str = ""


class Sealed(msgspec.Struct):
    """The signature in the JSON of a seal; its other members are left out."""

    signature: Signature | None = None


class SignatureCheck(NamedTuple):
    """What a check of a signature found: the last fields of `worker_widget.runs.verified.Verified`."""

    signed_by: str | None = None
    signature: str | None = None
    refused: str | None = None


class Signer(Protocol):
    """Signs the seal of a file."""

    def sign(self, seal: bytes) -> Signature:
        """The signature of the text of a seal."""


class KeySigner:
    """Signs with a private key from a file; see `signer`."""

    def __init__(self, key: Any) -> None:
        self._key = key
        self._public = b64encode(_raw(key.public_key())).decode()

    def __repr__(self) -> str:
        return f"KeySigner({fingerprint(self._public)})"

    def sign(self, seal: bytes) -> Signature:
        """The signature of the text of a seal."""
        value = b64encode(self._key.sign(_DOMAIN + seal)).decode()
        return Signature(ALGORITHM, self._public, value)


def signer(path: str | Path) -> KeySigner:
    """Reads a private key without a passphrase: PEM, as of openssl, or OpenSSH's, as of ssh-keygen.

    Raises `SigningKeyError`, `PackageMissing`, and ``OSError`` if the file cannot be read.
    """
    path = Path(path).expanduser()
    keys, serialization = _cryptography()
    data = path.read_bytes()
    ssh = b"OPENSSH PRIVATE KEY" in data
    load = serialization.load_ssh_private_key if ssh else serialization.load_pem_private_key
    try:
        key = load(data, password=None)
    except TypeError as error:
        raise SigningKeyError(
            f"The key {path} has a passphrase. Give one without, for example a copy that "
            "`ssh-keygen -p` or `openssl pkey` made."
        ) from error
    except Exception as error:  # cryptography raises errors of several kinds for what is no key
        raise SigningKeyError(
            f"{path} is no private key. Make one with: openssl genpkey -algorithm ed25519 -out key.pem"
        ) from error
    if not isinstance(key, keys.Ed25519PrivateKey):
        raise SigningKeyError(f"The key {path} is not an ed25519 key, the only kind that signs here.")
    return KeySigner(key)


def public_key(path: str | Path) -> str:
    """Reads a public key in base64: from PEM, from a line as in ``id_ed25519.pub``, or from a private key.

    Raises `SigningKeyError`, `PackageMissing`, and ``OSError`` if the file cannot be read.
    """
    path = Path(path).expanduser()
    keys, serialization = _cryptography()
    data = path.read_bytes()
    if b"PRIVATE KEY" in data:
        return signer(path)._public
    load = (
        serialization.load_ssh_public_key if data.startswith(b"ssh-") else serialization.load_pem_public_key
    )
    try:
        key = load(data)
    except Exception as error:  # cryptography raises errors of several kinds for what is no key
        raise SigningKeyError(
            f"{path} is no public key. `openssl pkey -in key.pem -pubout` writes that of key.pem."
        ) from error
    if not isinstance(key, keys.Ed25519PublicKey):
        raise SigningKeyError(f"The key {path} is not an ed25519 key, the only kind that signs here.")
    return b64encode(_raw(key)).decode()


def with_signature(seal: bytes, signature: Signature | None) -> bytes:
    """The JSON of a seal, which is not empty, with a signature as its last member."""
    return seal if signature is None else seal[:-1] + b',"signature":' + msgspec.json.encode(signature) + b"}"


def signature_in(seal: bytes) -> Signature | None:
    """The signature in the JSON of a seal; ``None`` if there is none."""
    try:
        return msgspec.json.decode(seal, type=Sealed).signature
    except msgspec.DecodeError:
        return None


def checked(signature: Signature | None, seal: bytes, key: str | None) -> SignatureCheck:
    """Checks a signature of the JSON of a seal without it. ``key`` is the public key that has to have signed.

    Raises `PackageMissing`, but not for a file whose key nobody named.
    """
    if signature is None:
        refused = None if key is None else "it is not signed"
        return SignatureCheck(signature="It is not signed.", refused=refused)
    by = fingerprint(signature.key)
    try:
        valid = is_valid(signature, seal)
    except PackageMissing as error:
        if key is not None:
            raise
        return SignatureCheck(signature=f"Its signature was not checked. {error}")
    if not valid:
        return SignatureCheck(refused=f"its signature is wrong: the key {by} did not sign this file")
    if key is not None and key != signature.key:
        return SignatureCheck(by, refused=f"it is signed by {by}, not by {fingerprint(key)}")
    whose = "" if key is not None else "; compare that with the fingerprint from its owner"
    return SignatureCheck(by, f"It is signed by {by}{whose}.")


def is_valid(signature: Signature, seal: bytes) -> bool:
    """Whether a signature is of its key and of the text of a seal. Raises `PackageMissing`."""
    keys, _ = _cryptography()
    if signature.algorithm != ALGORITHM:
        return False
    from cryptography.exceptions import InvalidSignature

    try:
        key = keys.Ed25519PublicKey.from_public_bytes(_decoded(signature.key))
        key.verify(_decoded(signature.value), _DOMAIN + seal)
    except (InvalidSignature, ValueError, Base64Error):
        return False
    return True


def fingerprint(key: str) -> str:
    """The fingerprint of a public key in base64, as ``ssh-keygen -l`` shows it."""
    try:
        raw = b64decode(key, validate=True)
    except (ValueError, Base64Error):
        return "unknown"
    blob = pack(">I", len(_KIND)) + _KIND + pack(">I", len(raw)) + raw
    return "SHA256:" + b64encode(sha256(blob).digest()).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    """The bytes of base64. Raises ``ValueError``, also for base64 that no encoder writes."""
    data = b64decode(text, validate=True)
    if b64encode(data).decode() != text:
        raise ValueError("The last character has bits that no byte needs.")
    return data


def _raw(public: Any) -> bytes:
    _, serialization = _cryptography()
    raw: bytes = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return raw


def _cryptography() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise PackageMissing(
            "Signatures need the package cryptography, which is not installed. "
            'Install it with: pip install "worker-widget[sign]"'
        ) from error
    return ed25519, serialization
