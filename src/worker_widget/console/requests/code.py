"""Requests for the JavaScript modules that a front end loads from the kernel."""

from __future__ import annotations

import asyncio
from typing import TypedDict

from ..controller import ConsoleController
from ..jupyter import front_end
from .handlers import Handlers, NoArgs, RequestAnswer, RequestHandler


class ModuleCode(TypedDict):
    """The source of a JavaScript module."""

    code: str


class CodeRequests:
    """Answers the requests for modules; they are the same for every console."""

    def __init__(self, controller: ConsoleController) -> None:
        self.handlers: Handlers = {
            "live": RequestHandler(NoArgs, ModuleCode, self._live),
            "pages": RequestHandler(NoArgs, ModuleCode, self._pages),
            "extras": RequestHandler(NoArgs, ModuleCode, self._extras),
        }

    async def _live(self, args: NoArgs) -> RequestAnswer:
        """The module ``live.js``, from the package's own files."""
        return await module_code("live")

    async def _pages(self, args: NoArgs) -> RequestAnswer:
        """The module ``pages.js``, when it is first needed."""
        return await module_code("pages")

    async def _extras(self, args: NoArgs) -> RequestAnswer:
        """The module ``extras.js``, when it is first needed."""
        return await module_code("extras")


async def module_code(bundle: front_end.Bundle) -> RequestAnswer:
    """The source of a bundle."""
    return RequestAnswer({"code": await asyncio.to_thread(front_end.text, bundle)})
