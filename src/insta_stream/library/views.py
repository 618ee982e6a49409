"""Videos as the layers above see them, put together from rows and from the jobs under way."""

from dataclasses import dataclass

from insta_stream.db.videos import PackageRow, VideoRow
from insta_stream.ids import AccountId, VideoId
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.headway import Headway
from insta_stream.library.transfer import Transfer
from insta_stream.library.video import Progress, State, Video
from insta_stream.media.ceilings import caps
from insta_stream.media.ladder import RUNGS
from insta_stream.ticks import Ticks


@dataclass(frozen=True, slots=True)
class _Seen:
    """A video as it was last shown, and what it was made of: the same values make the same video."""

    made_of: tuple[object, ...]
    video: Video


class Views:
    """Shows videos. A list of thousands is asked for every few seconds, so what is unchanged is kept."""

    def __init__(self, catalogue: Catalogue, headway: Headway, rungs: tuple[str, ...]) -> None:
        self._catalogue = catalogue
        self._headway = headway
        self._ceilings = caps(RUNGS[name] for name in rungs)
        self._seen: dict[VideoId, _Seen] = {}

    def video(self, row: VideoRow) -> Video:
        """Return a video that is in the catalogue."""
        packages = self._catalogue.packages_of(row.id)
        newest = packages[-1]
        progress = self._headway.progress(newest)
        airable_at = self._headway.airable_at(newest.id)
        made_of = (row, progress, airable_at, *packages)
        seen = self._seen.get(row.id)
        if seen is None or not _are_same(seen.made_of, made_of):
            is_airable = self._catalogue.playable(row.id, self._ceilings) is not None
            current = self._catalogue.current(row.id)
            disk_use = row.original_bytes + sum(package.size_bytes for package in packages)
            video = _video(
                row,
                current=current,
                newest=newest,
                progress=progress,
                airable_at=airable_at,
                is_airable=is_airable,
                disk_use_bytes=disk_use,
            )
            seen = self._seen[row.id] = _Seen(made_of, video)
        return seen.video

    def forget(self, id_: VideoId) -> None:
        """Keep no video that is deleted."""
        self._seen.pop(id_, None)


def _are_same(some: tuple[object, ...], others: tuple[object, ...]) -> bool:
    return len(some) == len(others) and all(a is b for a, b in zip(some, others, strict=True))


def _video(
    row: VideoRow,
    *,
    current: PackageRow,
    newest: PackageRow,
    progress: Progress,
    airable_at: Ticks | None,
    is_airable: bool,
    disk_use_bytes: int,
) -> Video:
    # While a replacement is made of what is complete, the video is as ready as it was.
    state: State = current.state if current.state == "ready" else newest.state
    return Video(
        id=row.id,
        name=row.name,
        state=state,
        progress=progress,
        airable=is_airable,
        airable_at=None if is_airable else airable_at,
        duration=current.table.length,
        size_bytes=row.size_bytes,
        disk_use_bytes=disk_use_bytes,
        original_bytes=row.original_bytes,
        added_at=row.added_at,
        cautions=newest.cautions,
        error=newest.error,
        package=current.id,
        segments=current.table.count,
        has_pictures=current.has_pictures,
        width=row.width,
        height=row.height,
        frame_rate=row.frame_rate,
        video_codec=row.video_codec,
        audio_codec=row.audio_codec,
        owner=row.owner,
    )


def arriving(transfer: Transfer) -> Video:
    """Return an upload, as the video that it may become; a refused one as a failed video."""
    row = transfer.row
    if row.error:
        state: State = "failed"
        progress = Progress()
    elif transfer.is_complete:
        state, progress = "inspecting", Progress("inspecting")
    else:
        is_known = transfer.received < row.size_bytes  # else what comes in one request has grown beyond it
        percent = round(100 * transfer.received / row.size_bytes, 1) if is_known else 0.0
        state, progress = "uploading", Progress(percent=percent)
    return _unfinished(
        row.id,
        row.name,
        state=state,
        progress=progress,
        size_bytes=max(row.size_bytes, transfer.received),
        received_bytes=0 if row.error else transfer.received,
        added_at=row.created_at,
        owner=row.owner,
        error=row.error,
    )


def _unfinished(
    id_: VideoId,
    name: str,
    *,
    state: State,
    progress: Progress,
    size_bytes: int,
    received_bytes: int,
    added_at: Ticks,
    owner: AccountId | None,
    error: str = "",
) -> Video:
    return Video(
        id=id_,
        name=name,
        state=state,
        progress=progress,
        airable=False,
        airable_at=None,
        duration=Ticks(0),
        size_bytes=size_bytes,
        disk_use_bytes=received_bytes,
        original_bytes=received_bytes,
        added_at=added_at,
        cautions=(),
        error=error,
        package=None,
        segments=0,
        has_pictures=False,
        width=0,
        height=0,
        frame_rate="",
        video_codec="",
        audio_codec="",
        owner=owner,
    )
