"""What runs here: versions, and the licences of everything that it is made of."""

import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from insta_stream import __version__, components
from insta_stream.access.permission import Permission
from insta_stream.api import views
from insta_stream.api.permits import needs, router
from insta_stream.api.services import Held
from insta_stream.api.wire import Model, Reply, TimeZone, time_zone
from insta_stream.components import Component
from insta_stream.db.engine import product
from insta_stream.errors import Unknown
from insta_stream.media.ffmpeg import FFmpeg

Kind = Literal["server", "ffmpeg", "pages"]
"""What a part is of: this program with its Python packages, the FFmpeg that it runs, the web pages."""


class Part(Model):
    """Something that runs here under a licence."""

    kind: Kind
    name: str = Field(examples=["starlette"])
    version: str
    licence: str = Field(description="Its name; empty if the part does not say.", examples=["BSD-3-Clause"])


class About(Model):
    """What runs here."""

    version: str = Field(description="Of Insta-Stream.", examples=["0.1.0"])
    ffmpeg: str = Field(description="The version of the FFmpeg in use.", examples=["7.0.2"])
    python: str = Field(examples=["3.13.1"])
    database: str = Field(examples=["SQLite 3.46.1"])
    time_zone: TimeZone
    public_url: str | None = Field(
        description="The setting of that name, with which copied links start; null if it is not set."
    )
    parts: list[Part] = Field(description="Insta-Stream first.")


class Licence(Model):
    """A licence."""

    text: str = Field(description="Empty if the component has none.")


def about_routes(static: Path) -> APIRouter:
    """Return the routes. static: the folder of the built web UI, which need not be there."""
    routes = router("/api/about", "about")

    @routes.get("", response_model=Reply[About], summary="Versions, and all components with their licences")
    @needs(Permission.SERVER_READ)
    def about(services: Held) -> Response:
        data = About(
            version=__version__,
            ffmpeg=services.ffmpeg.version,
            python=platform.python_version(),
            database=product(),
            time_zone=time_zone(services.clock.now()),
            public_url=services.public_url,
            parts=[
                *_parts("server", components.packages()),
                *_parts("ffmpeg", [_program(services.ffmpeg)]),
                *_parts("pages", components.bundled(static)),
            ],
        )
        return views.as_response(Reply[About](message="", data=data))

    @routes.get(
        "/licences/{kind}/{name:path}",
        response_model=Reply[Licence],
        summary="The text of a component's licence",
    )
    @needs(Permission.SERVER_READ)
    def licence(services: Held, kind: Kind, name: str) -> Response:
        text = _text(services.ffmpeg, static, kind, name)
        if text is None:
            raise Unknown("There is no such component; GET /api/about lists them all.")
        return views.as_response(Reply[Licence](message="", data=Licence(text=text)))

    return routes


def _parts(kind: Kind, found: Iterable[Component]) -> list[Part]:
    return [Part(kind=kind, name=each.name, version=each.version, licence=each.licence) for each in found]


def _program(ffmpeg: FFmpeg) -> Component:
    return Component("FFmpeg", ffmpeg.version, ffmpeg.licence)


def _text(ffmpeg: FFmpeg, static: Path, kind: Kind, name: str) -> str | None:
    """Return a licence in full; None where there is no such part."""
    if kind == "server":
        return components.package_text(name)
    if kind == "ffmpeg":
        return ffmpeg.notice if name == _program(ffmpeg).name else None
    return next((each.text for each in components.bundled(static) if each.name == name), None)
