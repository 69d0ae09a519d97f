from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.lab import HEIGHT, OTHER_PLUGINS, WIDTH, Lab, chromium, close_all, lab, page_of


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab of the module's own."""
    with lab(tmp_path_factory.mktemp("lab"), without=OTHER_PLUGINS) as running:
        yield running


@pytest.fixture
def fresh_page(browser: Browser) -> Iterator[Page]:
    with page_of(browser) as page:
        yield page


@pytest.fixture
def page(fresh_page: Page) -> Page:
    """The page of a test. A module that keeps one for all its tests overrides this by `kept_page`."""
    return fresh_page


@pytest.fixture(scope="module")
def page_of_the_module(browser: Browser) -> Iterator[Page]:
    with page_of(browser) as page:
        yield page


@pytest.fixture
def kept_page(request: pytest.FixtureRequest, page_of_the_module: Page) -> Iterator[Page]:
    """A page that keeps JupyterLab loaded from test to test, for `show_cells`.

    It is as wide as at first and remembers nothing of the test before. A test that fails leaves it blank.
    """
    page, failed = page_of_the_module, request.session.testsfailed
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    yield page
    if request.session.testsfailed > failed:
        page.goto("about:blank")
        return
    close_all(page)
    page.evaluate("localStorage.clear()")
