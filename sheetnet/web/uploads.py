"""Takes in what is sent: its size is known before it is read, and no name that somebody gave it becomes a path."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from sheetnet.errors import FileError, one_line
from sheetnet.files.limits import Limits

BESIDES_THE_FILE = 1_000_000  # bytes of a form: a network file, fields, boundaries
SMALL_FORM = 20_000  # bytes of one without a file
LARGEST_NETWORK_FILE = 500_000
DRAINED = 5  # times the most: what is a little too large is taken and thrown away, so that the browser hears the answer
SLOWEST_SECONDS = 120.0  # for a whole upload
_PIECE = 1 << 16
LONGEST_NAME = 80
_FAMILIES = {True: (".ods", ".ots"), False: (".xlsx", ".xlsm", ".xltx", ".xltm")}
_ODS = b"mimetypeapplication/vnd.oasis"


@asynccontextmanager
async def read_form(request: Request, most: int) -> AsyncIterator[FormData]:
    """The fields and files of a form of so many bytes: its length is told, and looked at before any of it is read.

    Raises HTTPException: 411 for no length, 413 for too much, 400 for no form; FileError where it is slow.
    """
    words = request.headers.get("content-length", "")
    if not words.isdecimal():
        raise HTTPException(411)
    try:
        async with asyncio.timeout(SLOWEST_SECONDS):
            if int(words) > most:
                if int(words) <= DRAINED * most:
                    async for _ in request.stream():
                        pass
                raise HTTPException(413)
            form = await request.form(max_files=2, max_fields=10, max_part_size=10_000)
    except TimeoutError:
        raise FileError("the upload took too long", remedy="try again") from None
    try:
        yield form
    finally:
        await form.close()


def given(form: FormData, name: str) -> UploadFile | None:
    """The file of a field; None where the field was left empty."""
    upload = form.get(name)
    return upload if isinstance(upload, UploadFile) and upload.filename else None


def suffix_for(upload: UploadFile) -> str:
    """The suffix of a workbook: the family by its content, in it what its name says, if that is one of ours."""
    beginning = upload.file.read(100)
    upload.file.seek(0)
    family = _FAMILIES[_ODS in beginning]
    said = PurePosixPath(upload.filename or "").suffix.lower()
    return said if said in family else family[0]


def shown_name(upload: UploadFile) -> str:
    """What a file is called, as text for a page: never a path, nor a name of ours."""
    name = one_line(PurePosixPath((upload.filename or "").replace("\\", "/")).name)
    return name[-LONGEST_NAME:] or "workbook"


def store(upload: UploadFile, path: Path, most: int = Limits.file_size) -> None:
    """Write what was sent to a path of ours. Raises FileError for a file that is empty or too large."""
    with path.open("xb") as stream:
        size = _copied(upload.file, stream, most)
    if size > most:
        raise FileError(f"the file has more than {most:,} bytes", remedy="send the workbook alone")
    if not size:
        raise FileError("the file is empty", remedy="choose another")


def _copied(source: IO[bytes], target: IO[bytes], most: int) -> int:
    """How many bytes were copied: one piece more than allowed at most."""
    size = 0
    while size <= most and (piece := source.read(_PIECE)):
        target.write(piece)
        size += len(piece)
    return size
