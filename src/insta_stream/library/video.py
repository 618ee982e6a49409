"""A video as everyone above the library sees it."""

from dataclasses import dataclass
from typing import Literal

from insta_stream.ids import AccountId, PackageId, VideoId
from insta_stream.media.model import Caution
from insta_stream.ticks import Ticks

State = Literal["uploading", "inspecting", "packaging", "ready", "failed"]
Step = Literal["", "waiting", "inspecting", "copy", "starter", "ladder", "pictures"]

NAME_CUT = "name_cut"
DUPLICATE = "duplicate"
NOTICES = frozenset({NAME_CUT, DUPLICATE})
"""Codes of what is said of a file as soon as it is a video; of the other cautions the library tells."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far packaging is.

    step: what is being done at this moment. percent: of the whole work, 0 to 100. fps, speed: of FFmpeg,
    frames per second and seconds of video per second; 0 when unknown. eta_seconds: until the package is
    complete.
    """

    step: Step = ""
    percent: float = 0.0
    fps: float = 0.0
    speed: float = 0.0
    eta_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Video:
    """A video at one moment.

    name: for display only. airable: a channel with the whole ladder can air it now. airable_at: when that
    is expected, where it can be told. size_bytes: of the original; disk_use_bytes: of the original and of
    all packages. width, height: as shown, upright and in square pixels. frame_rate: at which it airs, as
    "30000/1001". video_codec, audio_codec: as found in the file. package: the one that airs; segments: of
    all of it. error: why it failed, as a sentence, or "". owner: who has uploaded it, None where nobody
    signed in.
    """

    id: VideoId
    name: str
    state: State
    progress: Progress
    airable: bool
    airable_at: Ticks | None
    duration: Ticks
    size_bytes: int
    disk_use_bytes: int
    original_bytes: int
    added_at: Ticks
    cautions: tuple[Caution, ...]
    error: str
    package: PackageId | None
    segments: int
    has_pictures: bool
    width: int
    height: int
    frame_rate: str
    video_codec: str
    audio_codec: str
    owner: AccountId | None


@dataclass(frozen=True, slots=True)
class DeletedVideo:
    """A deleted video that can be restored."""

    video: Video
    deleted_at: Ticks
