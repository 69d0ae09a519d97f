"""The audit of dependencies: what a registry says, and that silence of one is not taken for an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.audit import Audit, of_npm, of_python

CLEAN = {"name": "httpx", "version": "0.28.1", "vulns": []}
UNKNOWN = {"name": "h11", "skip_reason": "Dependency not found and could not be audited: h11"}
BROKEN = {
    "name": "old",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}, {"id": "PYSEC-2", "fix_versions": []}],
}


@pytest.mark.parametrize(
    ("packages", "audited", "words"),
    [
        ([CLEAN, UNKNOWN], 1, "1 packages audited, no known vulnerability"),
        ([UNKNOWN], 0, "DID NOT RUN, nothing was audited: Dependency not found"),
        ([], 0, "DID NOT RUN, nothing was audited: no packages"),
        ([CLEAN, BROKEN], 2, "old 1.0: PYSEC-1, mended in 1.1"),
    ],
)
def test_packages_of_python(packages: list[Any], audited: int, words: str) -> None:
    audit = of_python(json.dumps({"dependencies": packages}), "")
    assert audit.audited == audited
    assert words in str(audit)
    assert len(audit.found) == (2 if BROKEN in packages else 0)


@pytest.mark.parametrize("output", ["", "not JSON", "[]", '{"fixes": []}'])
def test_an_audit_that_failed_says_its_last_line(output: str) -> None:
    audit = of_python(output, "Traceback\nConnectionError: no such host\n")
    assert str(audit) == "pip-audit: DID NOT RUN, nothing was audited: ConnectionError: no such host"
    assert of_python(output, "").reason == "it wrote nothing"


def test_packages_of_the_front_end() -> None:
    counts = {"metadata": {"dependencies": {"total": 300}}}
    clean = of_npm(json.dumps({"vulnerabilities": {}, **counts}), "")
    assert clean == Audit("npm audit", 300, (), "no packages")
    found = of_npm(json.dumps({"vulnerabilities": {"old": {"severity": "high"}}, **counts}), "")
    assert found.found == ("old: high",)
    message = "405 Method Not Allowed - POST https://r.example/x"
    refused = of_npm(json.dumps({"message": message, "error": {}}), "npm error")
    assert str(refused) == "npm audit: DID NOT RUN, nothing was audited: 405 Method Not Allowed - POST"
