"""What pages of other origins are told, over raw HTTP."""

from pathlib import Path

import httpx
import pytest

from insta_stream.api.application import guarded, routes
from insta_stream.api.callers import Access

TOKEN = "a-token-that-is-long"
STUDIO = "https://studio.example"


async def ask(
    folder: Path, method: str, path: str, origin: str | None, *, token: str | None = TOKEN, **headers: str
) -> httpx.Response:
    access = Access(hosts=(), origins=(STUDIO,), public_url=None, token=token)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if origin is not None:
        sent["origin"] = origin
    transport = httpx.ASGITransport(guarded(routes(folder), access))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.request(method, path, headers=sent)


def names(reply: httpx.Response, header: str) -> set[str]:
    return {name.strip().lower() for name in reply.headers.get(header, "").split(",")}


@pytest.mark.parametrize("token", [TOKEN, None])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        *[("GET", "/api/playlist"), ("POST", "/api/upload"), ("PUT", "/api/channels/main/playlist")],
        *[("PATCH", "/api/uploads/abc"), ("POST", "/api/uploads"), ("DELETE", "/api/videos/abc")],
        *[("GET", "/health"), ("GET", "/metrics"), ("GET", "/guide.xml"), ("POST", "/nowhere")],
    ],
)
async def test_a_page_is_told_what_it_may_send_before_the_token_is_asked_for(
    tmp_path: Path, method: str, path: str, token: str | None
) -> None:
    reply = await ask(tmp_path, "OPTIONS", path, STUDIO, token=token, access_control_request_method=method)
    assert (reply.status_code, reply.content) == (204, b"")
    assert reply.headers["access-control-allow-origin"] == STUDIO
    assert method.lower() in names(reply, "access-control-allow-methods")
    assert int(reply.headers["access-control-max-age"]) > 0
    assert "access-control-allow-credentials" not in reply.headers
    assert names(reply, "vary") >= {"origin", "access-control-request-method"}
    assert names(reply, "access-control-allow-headers") >= {
        *("authorization", "content-type", "range", "x-requested-with"),
        *("tus-resumable", "upload-length", "upload-offset", "upload-metadata", "upload-checksum"),
    }


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/api/playlist", {}, 401),
        ("GET", "/api/playlist", {"host": "evil/example"}, 403),
        ("GET", "/nowhere", {"authorization": f"Bearer {TOKEN}"}, 404),
        ("DELETE", "/health", {}, 405),
        ("HEAD", "/api/playlist", {}, 401),
        ("PATCH", "/api/uploads/abc", {"authorization": f"Bearer {TOKEN}"}, 412),
        ("OPTIONS", "/api/playlist", {"authorization": f"Bearer {TOKEN}"}, 405),
    ],
)
async def test_a_page_may_read_why_it_is_refused(
    tmp_path: Path, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    reply = await ask(tmp_path, method, path, STUDIO, **headers)
    assert reply.status_code == status
    assert reply.headers["access-control-allow-origin"] == STUDIO
    assert "origin" in names(reply, "vary")
    assert names(reply, "access-control-expose-headers") >= {
        *("location", "retry-after", "content-range", "content-disposition", "tus-resumable", "tus-version"),
        *("upload-offset", "upload-length", "upload-expires", "www-authenticate"),
    }


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "*", "", "://", "http://studio.example"])
async def test_other_pages_are_told_nothing_and_change_nothing(tmp_path: Path, origin: str) -> None:
    shown = {"authorization": f"Bearer {TOKEN}"}
    preflight = await ask(
        tmp_path, "OPTIONS", "/api/stream/stop", origin, access_control_request_method="POST"
    )
    looked = await ask(tmp_path, "GET", "/nowhere", origin, **shown)
    stopped = await ask(tmp_path, "POST", "/api/stream/stop", origin, **shown)
    assert (preflight.status_code, looked.status_code, stopped.status_code) == (401, 404, 403)
    for reply in (preflight, looked, stopped):
        assert not [name for name in reply.headers if name.startswith("access-control-")]
        assert "origin" in names(reply, "vary")


async def test_what_varies_already_varies_on(tmp_path: Path) -> None:
    reply = await ask(tmp_path, "GET", "/", STUDIO, accept="application/json")
    assert reply.status_code == 200
    assert names(reply, "vary") == {"accept", "origin"}
