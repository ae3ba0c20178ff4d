"""The page that anybody may use: a workbook is judged; a network becomes a workbook, a student's copy and a key."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

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
from sheetnet.web.pages import LONG_WAIT, SHORT_WAIT, WebSite
from sheetnet.web.uploads import LARGEST_NETWORK_FILE, given, read_form, shown_name, store, suffix_for
from sheetnet.web.worker import confined_call

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
        self.site.queue.refuse_if_full()
        async with read_form(request, self.site.limits.file_size) as form:
            self.site.cookies.check(request, form)
            upload = given(form, "workbook")
            if upload is None:
                raise FileError("no workbook was chosen", remedy="choose an .xlsx or .ods file")
            folder, suffix = self.results.new_folder(), suffix_for(upload)
            path, marked = folder / f"workbook{suffix}", folder / f"marked{suffix}"
            store(upload, path, self.site.limits.file_size)
            network = _network(form, folder)
            name = shown_name(upload)
        reads = [str(path), *([network] if network and "/" in network else [])]
        arguments = (str(path), name, network, str(marked), self.site.limits)
        work = partial(
            confined_call, self.site.workers, JUDGE_UPLOAD, arguments, self.site.limits, reads, [str(folder)]
        )
        return self._kept(folder, "judge", name, work, marked.name)

    async def make(self, request: Request) -> Response:
        """Have workbooks made of a template or a network file, and lead to where they will be."""
        self.site.queue.refuse_if_full()
        async with read_form(request, self.site.limits.file_size) as form:
            self.site.cookies.check(request, form)
            folder, suffix = self.results.new_folder(), str(form.get("format", ""))
            network = _network(form, folder)
            if network is None or suffix not in SUFFIXES:
                raise FileError("no network was chosen", remedy="choose a template, or a network file")
        stem = "network" if "/" in network else network
        reads = [network] if "/" in network else []
        arguments = (network, stem, suffix, str(folder))
        work = partial(
            confined_call, self.site.workers, MAKE_WORKBOOKS, arguments, self.site.limits, reads, [str(folder)]
        )
        return self._kept(folder, "make", stem, work)

    def _kept(self, folder: Path, kind: str, name: str, work: partial[object], *files: str) -> Response:
        def done() -> object:
            outcome = work()
            return {"files": list(files), **outcome} if isinstance(outcome, dict) else None

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
            return self.site.told(request, 422, f"{kept.name} cannot be used", f"{kept.name}: {kept.job.error}")
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
