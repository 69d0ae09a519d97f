"""Asks the registries for known vulnerabilities of what is installed: ``python -m tests.audit``.

``make audit`` runs it. It exits with 1 for a vulnerability. Where a registry does not answer such questions,
the output says that nothing was audited and why, and the exit status is 0: a missing network is no
vulnerability.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FRONT_END: Final = Path(__file__).parents[1] / "js"
_TIMEOUT_S: Final = 120
"""How long a registry has to answer. Both are asked at the same time."""
_MOST_CHARS: Final = 200


@dataclass(frozen=True)
class Audit:
    """The result of one tool. ``audited`` is the number of packages that the registry knows about; without
    any, ``reason`` says why. ``found`` are the vulnerabilities."""

    tool: str
    audited: int
    found: tuple[str, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        if not self.audited:
            reason = re.sub(r"\s*https?://\S+", "", self.reason)
            return f"{self.tool}: DID NOT RUN, nothing was audited: {reason}"
        words = f"{self.tool}: {self.audited:,} packages audited"
        if not self.found:
            return f"{words}, no known vulnerability"
        rows = (f"  {row}" for row in self.found)
        return "\n".join([f"{words}, {len(self.found):,} vulnerabilities:", *rows])


def of_python(output: str, errors: str) -> Audit:
    """The result in the JSON of pip-audit, which skips packages that the registry does not tell about."""
    packages = _json(output).get("dependencies")
    if not isinstance(packages, list):
        return Audit("pip-audit", 0, reason=_last_line(errors))
    audited = [item for item in packages if "skip_reason" not in item]
    found = [
        f"{item['name']} {item['version']}: {row['id']}, mended in {', '.join(row['fix_versions']) or 'none'}"
        for item in audited
        for row in item["vulns"]
    ]
    reasons = [item["skip_reason"] for item in packages if "skip_reason" in item]
    return Audit("pip-audit", len(audited), tuple(found), reasons[0] if reasons else "no packages")


def of_npm(output: str, errors: str) -> Audit:
    """The result in the JSON of npm audit."""
    report = _json(output)
    if "vulnerabilities" not in report:
        return Audit("npm audit", 0, reason=report.get("message") or _last_line(errors))
    found = [f"{name}: {item['severity']}" for name, item in report["vulnerabilities"].items()]
    return Audit("npm audit", report["metadata"]["dependencies"]["total"], tuple(found), "no packages")


def _json(output: str) -> dict[str, Any]:
    try:
        found = json.loads(output)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _last_line(errors: str) -> str:
    lines = errors.strip().splitlines()
    return lines[-1][:_MOST_CHARS] if lines else "it wrote nothing"


def _run(*command: str, directory: Path) -> tuple[str, str]:
    try:
        done = subprocess.run(
            command, cwd=directory, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", str(error)
    return done.stdout, done.stderr


def main() -> int:
    python = [sys.executable, "-m", "pip_audit", "--skip-editable", "--progress-spinner=off", "--format=json"]
    with ThreadPoolExecutor() as threads:
        packages = threads.submit(_run, *python, directory=FRONT_END.parent)
        modules = threads.submit(_run, "npm", "audit", "--json", directory=FRONT_END)
        audits = [of_python(*packages.result()), of_npm(*modules.result())]
    for audit in audits:
        print(audit)
    return int(any(audit.found for audit in audits))


if __name__ == "__main__":
    sys.exit(main())
