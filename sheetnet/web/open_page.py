"""The page that anybody may use: a workbook is judged; a network becomes a workbook, a student's copy and a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from sheetnet.batch.worker_main import ByName
from sheetnet.errors import FileError
from sheetnet.files import SUFFIXES
from sheetnet.network_file import load_network, template_names
from sheetnet.web.jobs import KeptResult, Results
from sheetnet.web.pages import LONG_WAIT, SHORT_WAIT, WebSite, of_a_process
from sheetnet.web.requests import LARGEST_NETWORK_FILE, given, shown_name, store, suffix_for
from sheetnet.web.worker import confined_call, in_a_browser

JUDGE_UPLOAD, MAKE_WORKBOOKS = (
    ByName("sheetnet.web.tasks", "judge_upload"),
    ByName("sheetnet.web.tasks", "make_workbooks"),
)
GONE = "Results are kept for one hour. Send the file again for a new one."


@dataclass(frozen=True)
class OpenPage:
    """Its pages and forms."""

    site: WebSite
    results: Results

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/", self.start),
            Route("/judge", self.judge, methods=["POST"]),
            Route("/make", self.make, methods=["POST"]),
            Route("/r/{address}", self.result),
            Route("/r/{address}/{file}", self.file),
        ]

    def start(self, request: Request) -> Response:
        """Both forms."""
        return self.site.page(request, "start.html", templates=template_titles())

    async def judge(self, request: Request) -> Response:
        """Take a workbook in, and lead to where its result will be."""
        async with self.site.form(request, with_file=True) as form:
            upload = given(form, "workbook")
            if upload is None:
                raise FileError("no workbook was chosen", remedy="choose an .xlsx or .ods file")
            with self.results.new_folder() as folder:
                suffix, network, name = suffix_for(upload), _network(form, folder), shown_name(upload)
                path, marked = folder / f"workbook{suffix}", folder / f"marked{suffix}"
                store(upload, path, self.site.limits.file_size)
                arguments = (str(path), name, network, str(marked), self.site.limits)
                return self._kept(folder, "judge", name, partial(self._call, JUDGE_UPLOAD, arguments), [marked.name])

    async def make(self, request: Request) -> Response:
        """Have workbooks made of a template or a network file, and lead to where they will be."""
        async with self.site.form(request, with_file=True) as form:
            with self.results.new_folder() as folder:
                suffix, network = str(form.get("format", "")), _network(form, folder)
                if network is None or suffix not in SUFFIXES:
                    raise FileError("no network was chosen", remedy="choose a template, or a network file")
                stem = "network" if "/" in network else network
                arguments = (network, stem, suffix, str(folder))
                return self._kept(folder, "make", stem, partial(self._call, MAKE_WORKBOOKS, arguments))

    def _call(self, function: Callable[..., Any], arguments: tuple[Any, ...], folder: Path) -> Any:
        """What was sent is gone when its process has read it."""
        sent = list(folder.iterdir())
        try:
            return confined_call(
                self.site.workers, function, arguments, self.site.limits, map(str, sent), [str(folder)]
            )
        finally:
            for path in sent:
                path.unlink(missing_ok=True)

    def _kept(
        self, folder: Path, kind: str, name: str, work: Callable[[Path], Any], files: Sequence[str] = ()
    ) -> Response:
        def done() -> dict[str, Any]:
            outcome = work(folder)
            with of_a_process():
                return {**outcome, "files": list(files) or [str(name) for name in outcome["files"]]}

        kept = self.results.keep(folder, kind, name, self.site.queue.put(done))
        return RedirectResponse(f"/r/{kept.address}", 303)

    async def result(self, request: Request) -> Response:
        """What became of it, as soon as that is known."""
        kept = self.results.get(request.path_params["address"])
        if kept is None:
            return self.site.told(request, 404, "This result is gone", GONE)
        if not await kept.job.wait(LONG_WAIT):
            words = f"{kept.job.place} files were before it." if kept.job.place else "This takes a few seconds."
            return self.site.told(request, 200, f"{kept.name} is being judged", words, refresh=SHORT_WAIT)
        return await run_in_threadpool(self._done, request, kept)

    def _done(self, request: Request, kept: KeptResult) -> Response:
        outcome, address = kept.job.outcome, kept.address
        if kept.job.error is not None:
            return self.site.told(
                request, 422, f"{kept.name} cannot be used", f"{kept.name}: {in_a_browser(kept.job.error)}"
            )
        with of_a_process():
            return self._shown(request, kept, outcome, address)

    def _shown(self, request: Request, kept: KeptResult, outcome: Mapping[str, Any], address: str) -> Response:
        if kept.kind == "make":
            return self.site.page(request, "made.html", made=outcome, address=address)
        if outcome.get("needs_network"):
            return self.site.page(request, "ask.html", templates=template_titles(), name=kept.name)
        marked = None if outcome["unmarked"] else f"/r/{address}/{outcome['files'][0]}"
        return self.site.report(request, outcome, marked=marked, back=("/", "Check another workbook"))

    def file(self, request: Request) -> Response:
        """A file to be downloaded."""
        kept = self.results.get(request.path_params["address"])
        path = None if kept is None else kept.file(request.path_params["file"])
        if path is None:
            return self.site.told(request, 404, "This file is gone", GONE)
        return FileResponse(path, media_type="application/octet-stream", filename=path.name)


@cache
def template_titles() -> list[tuple[str, str]]:
    """The name and title of each template."""
    return [(name, load_network(name).title) for name in template_names()]


def _network(form: FormData, folder: Path) -> str | None:
    """What a form says of the network: our path of a network file, a template's name, or None."""
    upload, chosen = given(form, "network_file"), str(form.get("network", ""))
    if upload is not None:
        path = folder / "network.toml"
        store(upload, path, LARGEST_NETWORK_FILE)
        return str(path)
    if not chosen:
        return None
    if chosen not in template_names():
        raise FileError("there is no such template", remedy="choose one of the list")
    return chosen
