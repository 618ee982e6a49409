"""Whether the server lives, whether it can work, how it is, and its numbers for Prometheus."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from insta_stream import metrics
from insta_stream.access.permission import Permission
from insta_stream.api import health_views, views
from insta_stream.api.guide import parse_instant
from insta_stream.api.health_schemas import Audience, Health, HealthHistory, HealthReport, Readiness
from insta_stream.api.permits import needs, open_to_all, router
from insta_stream.api.services import Held
from insta_stream.api.slugs import Slug
from insta_stream.api.wire import Reply, moment
from insta_stream.health.check import worst
from insta_stream.ticks import Ticks

routes = router("", "health")

Since = Annotated[
    str | None,
    Query(
        description="An ISO 8601 date-time with time zone, or seconds since 1970. By default, a day ago.",
        examples=["2026-11-22T20:00:00Z"],
    ),
]

_MESSAGES = {
    "ok": "Ready.",
    "degraded": "Ready, but needs attention.",
    "starting": "Not ready yet: the server is starting.",
    "failing": "Something is missing.",
}


@routes.get("/health", summary="The server answers")
@open_to_all
async def health(services: Held) -> Health:
    return Health(message="Insta-Stream is running.", timestamp=moment(services.clock.now()))


@routes.get(
    "/health/ready",
    summary="The server can serve viewers",
    responses={503: {"model": Readiness, "description": "Not ready; `checks` says why."}},
)
@open_to_all
async def ready(services: Held, response: Response) -> Readiness:
    checks = await services.health.look()
    state = worst(checks)
    is_ready = state not in {"starting", "failing"}
    if not is_ready:
        response.status_code = 503
    return Readiness(
        success=is_ready,
        state=state,
        message=_MESSAGES[state],
        timestamp=moment(services.clock.now()),
        checks=[health_views.check(check) for check in checks],
    )


@routes.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
@needs(Permission.SERVER_READ)
def numbers(services: Held) -> Response:
    return Response(services.metrics.render(), media_type=metrics.CONTENT_TYPE)


@routes.get(
    "/api/health",
    response_model=Reply[HealthReport],
    summary="The server's health: checks, jobs, disk, viewers, recent problems",
)
@needs(Permission.HEALTH_READ)
def report(services: Held) -> Response:
    return views.as_response(Reply[HealthReport](message="", data=health_views.report(services)))


@routes.get(
    "/api/health/history",
    response_model=Reply[HealthHistory],
    summary="The server's health over time, for plots; at most the last day",
)
@needs(Permission.HEALTH_READ)
def history(services: Held, since: Since = None) -> Response:
    series = services.health.history(_instant(since))
    data = HealthHistory(**{name: health_views.points(points) for name, points in series.items()})
    return views.as_response(Reply[HealthHistory](message="", data=data))


@routes.get(
    "/api/channels/{slug}/viewers",
    response_model=Reply[Audience],
    summary="How many are watching now, and how many watched, for plots; at most the last day",
)
@needs(Permission.CHANNEL_READ)
def viewers(services: Held, slug: Slug, since: Since = None) -> Response:
    channel = services.channels.get(slug)
    points = services.health.audience(channel.slug, _instant(since))
    data = Audience(points=health_views.points(points), now=services.health.watching(channel.slug))
    return views.as_response(Reply[Audience](message="", data=data))


def _instant(since: str | None) -> Ticks:
    return Ticks(0) if since is None else parse_instant(since, "since")
