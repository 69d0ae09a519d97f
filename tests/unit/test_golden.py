from __future__ import annotations

import pytest

from tests.golden import report
from tests.golden.generate import HERE, golden, text
from tests.recorded import NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_kernel_still_says_what_the_browser_is_tested_with(name: str) -> None:
    """`python -m tests.golden.generate` writes the files anew."""
    assert text(golden(name)) == (HERE / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", report.NAMES)
def test_a_report_still_has_what_its_viewer_is_tested_with(name: str) -> None:
    """`python -m tests.golden.report` writes the files anew."""
    written = (report.HERE / f"{name}.json").read_text(encoding="utf-8")
    assert report.text(report.golden_report(name)) == written
