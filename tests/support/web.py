"""The page in the browser as a process of its own, and somebody who uses it as browsers do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.paths import ROOT

TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')


@dataclass
class Server:
    """A running `sheetnet serve`: its address, what it said, and its process."""

    url: str
    said: list[str]
    process: subprocess.Popen[str]
    log: Path

    def kill(self) -> None:
        """As when the machine fails."""
        self.process.kill()
        self.process.wait()


@contextmanager
def served(folder: Path, *options: str, port: int = 0) -> Iterator[Server]:
    """`sheetnet serve` on a port (0: any), with a folder for what it keeps for an hour; ended with the block."""
    log = folder / "server.log"
    results = folder / "results"
    results.mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(results)}
    with log.open("a", encoding="utf-8") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "sheetnet", "serve", "--port", str(port), *options],
            stdout=subprocess.PIPE, stderr=stream, env=environment, cwd=folder, text=True,
        )  # fmt: skip
    assert process.stdout is not None
    said = []
    try:
        for line in process.stdout:
            said.append(line.strip())
            if line.startswith("files are judged"):
                break
        assert said, log.read_text(encoding="utf-8")
        yield Server(said[0], said, process, log)
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@dataclass
class Visitor:
    """Somebody with a browser that keeps cookies and follows where it is led, without scripts."""

    url: str
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        none_kept = httpx.Limits(max_keepalive_connections=0)
        self.client = httpx.Client(
            base_url=self.url, follow_redirects=True, timeout=120, trust_env=False, limits=none_kept
        )

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def token(self, path: str = "/") -> str:
        """The token of the forms of a page."""
        found = TOKEN.search(self.get(path).text)
        assert found is not None
        return found[1]

    def post(
        self, path: str, workbook: tuple[str, bytes] | None = None, page: str = "/", **fields: str
    ) -> httpx.Response:
        """Send a form of the page, and give the last answer: a result that takes long is asked for again."""
        files = {} if workbook is None else {"workbook": workbook}
        answer = self.client.post(path, data={"token": self.token(page), **fields}, files=files or {"none": b""})
        while "refresh" in answer.headers:
            answer = self.client.get(answer.url)
        return answer
