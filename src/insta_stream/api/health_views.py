"""How the server is, as the API and its events say it."""

from collections.abc import Iterable

from insta_stream.api import health_schemas
from insta_stream.api.retention_schemas import Storage
from insta_stream.api.services import Services
from insta_stream.api.wire import moment
from insta_stream.errors import Unknown
from insta_stream.health import check as checks
from insta_stream.health import series
from insta_stream.health.report import Disk, Latest, OnAir
from insta_stream.health.troubles import Trouble
from insta_stream.ids import VideoId
from insta_stream.library.disk_use import DiskUse
from insta_stream.library.video import Video


def report(services: Services) -> health_schemas.HealthReport:
    """Return all that is known."""
    now = services.health.report()
    return health_schemas.HealthReport(
        state=now.state,
        checks=[check(each) for each in now.checks],
        jobs=[_job(video) for video in now.jobs],
        waiting_jobs=now.waiting,
        disk=None if now.disk is None else _disk(now.disk),
        channels=[_channel(each) for each in now.channels],
        viewers=now.viewers,
        errors=[_trouble(each, _name(services, each)) for each in now.errors],
        latest=None if now.latest is None else _latest(now.latest),
    )


def check(seen: checks.Check) -> health_schemas.Check:
    """Return one check."""
    return health_schemas.Check(
        name=seen.name,
        ok=seen.finding.state == "ok",
        state=seen.finding.state,
        message=seen.finding.message,
        remedy=seen.finding.remedy,
        since=moment(seen.since),
    )


def points(series: Iterable[series.Point]) -> list[health_schemas.Point]:
    """Return a number over time."""
    return [health_schemas.Point(at=moment(point.at), value=round(point.value, 3)) for point in series]


def storage(used: DiskUse) -> Storage:
    """Return where the disk space is."""
    return Storage(
        originals_bytes=used.originals,
        packages_bytes=used.packages,
        deleted_bytes=used.deleted,
        database_bytes=used.database,
        uploads_bytes=used.uploads,
        free_bytes=used.free,
        min_free_bytes=used.min_free,
    )


def _job(video: Video) -> health_schemas.Job:
    progress = video.progress
    return health_schemas.Job(
        video=video.id,
        name=video.name,
        step=progress.step,
        percent=progress.percent,
        fps=progress.fps,
        speed=progress.speed,
        eta_seconds=progress.eta_seconds,
    )


def _disk(disk: Disk) -> health_schemas.Disk:
    used = storage(disk.used)
    return health_schemas.Disk(total_bytes=disk.total, **used.model_dump())


def _channel(channel: OnAir) -> health_schemas.ChannelHealth:
    freshness = None if channel.freshness is None else round(channel.freshness, 3)
    return health_schemas.ChannelHealth(
        slug=channel.slug, state=channel.state, viewers=channel.viewers, freshness=freshness
    )


def _latest(latest: Latest) -> health_schemas.Latest:
    values = {name: None if value is None else round(value, 3) for name, value in latest.values.items()}
    return health_schemas.Latest(at=moment(latest.at), **values)


def _name(services: Services, trouble: Trouble) -> str:
    """Return what people call that which a trouble is about."""
    try:
        if trouble.about == "video":
            return services.library.name(VideoId(trouble.subject))
        if trouble.about == "channel":
            return services.channels.get(trouble.subject).title
    except Unknown:  # it is gone
        pass
    return ""


def _trouble(trouble: Trouble, name: str) -> health_schemas.Trouble:
    return health_schemas.Trouble(
        at=moment(trouble.at),
        first_at=moment(trouble.first_at),
        count=trouble.count,
        level=trouble.level,
        code=trouble.code,
        message=trouble.message,
        remedy=trouble.remedy,
        subject=trouble.subject,
        about=trouble.about,
        name=name,
    )
