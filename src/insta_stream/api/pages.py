"""The web UI, and the description of the API at the same address for programs.

Every page is the same small HTML; its script reads the address and shows the page that belongs there. The
pages of viewers also name what the script would ask for later, so that browsers load all of it at once.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import islice
from pathlib import Path
from threading import Lock
from types import MappingProxyType

from fastapi import APIRouter, FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from insta_stream import __version__
from insta_stream.access.passes import Viewer
from insta_stream.access.principal import NOBODY
from insta_stream.api.files import File
from insta_stream.api.permits import Route, open_to_all, principal_of
from insta_stream.api.services import Services
from insta_stream.channels.channel import Channel
from insta_stream.delivery.admission import FULL_PATH, may_watch, viewer_of
from insta_stream.delivery.http import accepts_brotli, accepts_gzip, header

INDEX = "index.html"
HOME = "home.html"
WATCH = "watch.html"
CLIENT_PAGES = MappingProxyType(
    {"/watch/{channel}": WATCH, "/embed/{channel}": WATCH, "/studio": INDEX, "/studio/{place:path}": INDEX}
)
"""Addresses that the script in the page knows how to show, besides "/", and the file that each gets."""

_REVALIDATE = {"cache-control": "no-cache"}
_FOREVER = "public, max-age=31536000, immutable"

_CODINGS = ((".br", "br", accepts_brotli), (".gz", "gzip", accepts_gzip))
"""Endings of compressed files, the smallest first, with the name of the coding and who accepts it."""

_DEEPEST = 32
"""Steps to the root: an address of slashes alone shall not have an answer that is twenty times as long."""

_NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><title>Insta-Stream</title>
<h1>Insta-Stream is running</h1>
<p>The web interface is not part of this installation: it is built when the package is installed with
<code>pip install .</code>; <code>./run</code> builds it in a source tree.</p>
<p>The API works without it: <a href="openapi.json">its description</a>,
<a href="health/ready">its health</a>, <a href="stream/stream.m3u8">the main channel</a>.</p>
</html>
"""


class _Assets(StaticFiles):
    """Files whose names carry a hash of their content: they may be kept for ever.

    The build leaves compressed ones beside them (a middleware would compress anew for every visitor, and does
    not see files that the server sends without us). Browsers ask for brotli over HTTPS and of localhost only.
    """

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        if not isinstance(response, FileResponse):
            return response  # it is known already
        return File(full_path, status_code=status_code, stat_result=stat_result)

    async def get_response(self, path: str, scope: Scope) -> Response:
        accepted = header(scope, b"accept-encoding")
        ending, coding = next(
            (
                (ending, coding)
                for ending, coding, accepts in _CODINGS
                if accepts(accepted) and self.lookup_path(path + ending)[1] is not None
            ),
            ("", ""),
        )
        response = await super().get_response(path + ending, scope)
        response.headers["vary"] = "Accept-Encoding"
        if coding:
            response.headers["content-encoding"] = coding
        if response.status_code in {200, 206, 304}:
            response.headers["cache-control"] = _FOREVER
        return response


@dataclass(frozen=True, slots=True)
class _Pages:
    """The folder of the pages. public_url: the server's address that they give away; None for that by which
    they are opened.
    """

    folder: Path
    public_url: str | None


def install(app: FastAPI, static: Path, public_url: str | None = None) -> None:
    """Give `app` the files of the UI in the folder `static`, or a page that says that there are none."""
    pages = _Pages(static, public_url)
    app.include_router(_front(app, pages))
    for address, name in CLIENT_PAGES.items():
        app.add_route(address, _page_route(pages, name), methods=["GET"], include_in_schema=False)
    app.add_route("/openapi.json", _description_route(app), methods=["GET"], include_in_schema=False)
    app.router.default = _nowhere(pages, app.router.default)
    if not static.is_dir():
        return
    app.mount("/assets", _Assets(directory=static / "assets", check_dir=False))
    for path in static.iterdir():
        if path.is_file() and path.suffix != ".html":
            app.add_route(f"/{path.name}", _file_route(path), methods=["GET"], include_in_schema=False)


def _front(app: FastAPI, pages: _Pages) -> APIRouter:
    routes = APIRouter(route_class=Route)

    @routes.get(
        "/", summary="The web pages; with `Accept: application/json`, this list", response_class=Response
    )
    @open_to_all
    def front(request: Request) -> Response:
        if _wants_json(request.headers.get("accept", "")):
            is_viewer = viewer_of(request.scope) is not None
            is_known = principal_of(request.scope) is not NOBODY and not is_viewer
            return JSONResponse(_summary(app, is_known=is_known), headers={"vary": "Accept"})
        # Where there is one, that one is shown, and not a list; those that one may not watch are not there.
        is_player = _is_one(_watchable(app.state.services, request.scope))
        return _page(pages, WATCH if is_player else HOME, _address(request.scope), {"vary": "Accept"})

    return routes


def _watchable(services: Services, scope: Scope) -> Iterator[Channel]:
    """Yield the channels that whoever asks may watch."""
    viewer, caller = viewer_of(scope), principal_of(scope)
    if viewer is None and caller is not NOBODY:
        viewer = Viewer(caller, "", signs_in=True)
    return (channel for channel in services.channels.all() if may_watch(viewer, channel))


def _is_one(channels: Iterator[Channel]) -> bool:
    """Return whether there is one channel and no other; there may be thousands."""
    return len(list(islice(channels, 2))) == 1


def _page_route(pages: _Pages, name: str) -> Callable[[Request], Response]:
    def send(request: Request) -> Response:
        return _page(pages, name, _address(request.scope))

    return send


def _nowhere(pages: _Pages, for_programs: ASGIApp) -> ASGIApp:
    """Return what answers where nothing is: the page, which says so, to a browser that opens an address."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        is_person = scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", "")
        if not is_person or scope["method"] != "GET":
            await for_programs(scope, receive, send)
            return
        page = await run_in_threadpool(_page, pages, INDEX, _address(scope), status=404)
        await page(scope, receive, send)

    return answer


def _address(scope: Scope) -> str:
    """Return the path by which the browser asked: the scope's own stands inside the folder of a link."""
    path: str = scope.get(FULL_PATH, scope["path"])
    return path


def _page(
    pages: _Pages,
    name: str,
    path: str,
    headers: Mapping[str, str] = MappingProxyType({}),
    status: int = 200,
) -> Response:
    """Return the page for an address. What it names is relative, so that a proxy may add a path."""
    file = pages.folder / name
    if not file.is_file():
        return HTMLResponse(_NOT_BUILT, status)
    to_root = "../" * min(path.count("/") - 1, _DEEPEST) or "./"
    html = file.read_text().replace('"./', f'"{to_root}')
    if pages.public_url is not None:
        html = html.replace('data-public=""', f'data-public="{escape(pages.public_url.rstrip("/"))}/"')
    return HTMLResponse(html, status, {**_REVALIDATE, **headers})


def _wants_json(accept: str) -> bool:
    return "application/json" in accept and "text/html" not in accept


def _summary(app: FastAPI, *, is_known: bool) -> dict[str, object]:
    """Return what runs here, and the endpoints with what they do. Strangers are told its name: what it is to
    the last detail helps those alone who look for holes.
    """
    said = {"success": True, "message": "Insta-Stream: a live streaming server."}
    if not is_known:
        return {**said, "data": {"name": "Insta-Stream"}}
    api = {
        f"{method.upper()} {path}": operation["summary"]
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
    }
    media = {
        "GET /stream/stream.m3u8": "The main channel",
        "GET /stream/{slug}/stream.m3u8": "Any channel",
    }
    data = {"name": "Insta-Stream", "version": __version__, "endpoints": {**api, **media}}
    return {**said, "data": data}


def _description_route(app: FastAPI) -> Callable[[Request], Response]:
    lock = Lock()

    @cache
    def text() -> bytes:
        return bytes(JSONResponse(app.openapi()).body)

    def send(_: Request) -> Response:
        with lock:  # several may ask for it first
            return Response(text(), media_type="application/json")

    return send


def _file_route(path: Path) -> Callable[[Request], Response]:
    def send(_: Request) -> Response:
        return File(path, headers=_REVALIDATE)

    return send
