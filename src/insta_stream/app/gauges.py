"""The numbers for Prometheus that are read off the parts of the server at every scrape."""

from functools import partial

from insta_stream.app.face import Face
from insta_stream.app.ground import Ground
from insta_stream.app.house import House
from insta_stream.health.health import Health
from insta_stream.library.library import Library
from insta_stream.metrics import Metrics

DISK_USE = {
    "originals": "Uploaded files of videos.",
    "packages": "Packaged video.",
    "deleted": "Files of deleted videos.",
    "database": "The database.",
    "uploads": "Files that are being uploaded.",
    "min_free": "Space that uploads must leave free.",
}
"""Gauges, by the names that they have in DiskUse."""


def add_gauges(ground: Ground, house: House, face: Face, health: Health) -> None:
    """Let the metrics have everything that is read when somebody asks."""
    metrics = ground.metrics
    _add_house(metrics, house)
    _add_face(metrics, face, health)
    metrics.watch(
        "clock_drift_seconds",
        "How far the machine's clock is ahead of the server's.",
        ground.clock.drift_seconds,
    )
    metrics.watch("disk_free_bytes", "Space left for uploads.", ground.folder.free_bytes)
    for name, text in DISK_USE.items():
        metrics.watch(f"disk_{name}_bytes", text, partial(_part_of_disk, house.library, name))


def _add_house(metrics: Metrics, house: House) -> None:
    channels, library = house.channels.shown, house.library

    def count_on_air() -> int:
        return sum(channel.timeline.state != "off" for channel in channels.all())

    def count_packaging() -> int:
        return sum(video.state == "packaging" for video in library.videos())

    metrics.watch("channels", "Channels.", lambda: len(channels.all()))
    metrics.watch("channels_on_air", "Channels on air, including paused ones.", count_on_air)
    metrics.watch(
        "channels_behind_seconds",
        "How long ago the process that is furthest behind last knew that it shows channels as they are.",
        channels.seconds_behind,
        is_worst=True,
    )
    metrics.watch(
        "channels_on_standby", "Channels that have shown only their slate for a minute.", house.standby.count
    )
    metrics.watch("videos", "Videos.", lambda: len(library.videos()))
    metrics.watch("packaging_jobs", "Videos being encoded or queued.", count_packaging)


def _add_face(metrics: Metrics, face: Face, health: Health) -> None:
    def count_broken() -> int:
        return len(face.audit.broken())

    metrics.watch("viewers", "Players that requested a playlist recently.", health.viewers)
    metrics.watch(
        "playlist_breaches", "Channels on which a promise is broken now.", count_broken, is_worst=True
    )
    metrics.watch(
        "audit_round_seconds",
        "How long the last walk took.",
        lambda: face.patrol.round_seconds,
        is_worst=True,
    )


def _part_of_disk(library: Library, name: str) -> int:
    size: int = getattr(library.disk_use(), name)
    return size
