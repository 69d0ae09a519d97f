"""Errors of TLS in words: what is wrong with a certificate, and what to do about it. Pure."""

from __future__ import annotations

import ssl
from typing import Final

_CLOCK: Final = "Renew it on the server, or correct the clock of this computer."
_ISSUER: Final = "If you trust it, name the file with its issuer's certificate in SSL_CERT_FILE."
_HOST: Final = "Use the host name of the certificate, and check that no proxy answers instead of the server."
_CERTIFICATE: Final = {
    9: ("it is not valid yet", _CLOCK),
    10: ("it has expired", _CLOCK),
    18: ("it is self-signed", _ISSUER),
    19: ("its issuer is not known to this computer", _ISSUER),
    20: ("its issuer is not known to this computer", _ISSUER),
    21: ("its issuer is not known to this computer", _ISSUER),
    62: ("it is for another host name", _HOST),
    64: ("it is for another address", _HOST),
}
"""By the numbers of OpenSSL (X509_V_ERR)."""


def tls_problem(origin: str, error: BaseException) -> str | None:
    """Why the connection to ``origin`` could not be secured; ``None`` for an error of another kind."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, ssl.SSLError):
        found = found.__cause__ or found.__context__
    if found is None:
        return None
    if isinstance(found, ssl.SSLCertVerificationError):
        why, fix = _CERTIFICATE.get(found.verify_code, (found.verify_message.rstrip("."), _ISSUER))
        return f"The certificate of {origin} is not accepted: {why}. {fix}"
    reason = (found.reason or "no reason given").replace("_", " ").lower()
    return (
        f"{origin} answers, but not with TLS ({reason}). Check the port: the address of a server without TLS"
        " begins with http://."
    )
