"""What code in a file might try, run in the process that reads it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any


def read(path: str) -> str:
    return Path(path).read_text()


def listed(path: str) -> list[str]:
    return [each.name for each in Path(path).iterdir()]


def write(path: str) -> int:
    return Path(path).write_text("mine")


def linked(path: str, target: str) -> None:
    Path(path).symlink_to(target)


def connect(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), 1).close()


def run(program: str) -> None:
    subprocess.run([program], check=False)


def fork() -> int:
    return os.fork()


def hit(process: int) -> None:
    os.kill(process, signal.SIGTERM)


def die(number: int) -> None:
    signal.raise_signal(number)


def spin() -> None:
    while True:
        pass


def fill() -> int:
    return len(bytearray(1 << 40))


def remember(word: str) -> str:
    """What the last call in this very process left, if there was one."""
    left = os.environ.get("SHEETNET_LEFT", "nothing")
    os.environ["SHEETNET_LEFT"] = word
    return left


def objects() -> Any:
    return {"set": {1, 2}}
