"""JSON bodies: where the disk space is, and what goes when."""

from typing import Literal

from pydantic import Field, StrictBool

from insta_stream.api.video_schemas import Video
from insta_stream.api.wire import Body, Model, Moment


class DeletedVideo(Model):
    """A deleted video that can be restored."""

    video: Video
    deleted_at: Moment
    gone_at: Moment = Field(
        description="When it is permanently deleted; earlier if the disk has too little free space."
    )


class Storage(Model):
    """Where the disk space is. Packaged video counts its segments; what comes in counts what has arrived."""

    originals_bytes: int
    packages_bytes: int
    deleted_bytes: int = Field(description="Originals and packages of deleted videos.")
    database_bytes: int
    uploads_bytes: int
    free_bytes: int
    min_free_bytes: int = Field(
        description="If less than this is free, deleted videos are removed immediately."
    )


class Deletion(Model):
    """One thing that goes."""

    kind: Literal["video", "original", "package", "record", "history"] = Field(
        description=(
            "`video`: its original is deleted, and it can no longer be restored. `original`: the original of "
            "a video that stays. `package`: a package's segments. `record`: the record of a package without "
            "files. `history`: old runs of a channel."
        )
    )
    id: str
    video: str | None
    name: str
    reason: str = Field(examples=["replaced"])
    message: str = Field(description="The reason as a sentence.")
    due_at: Moment | None = Field(description="null: it is on air, so not before an edit.")
    is_due: bool
    size_bytes: int


class Retention(Model):
    """What goes, now or later, and what is where meanwhile."""

    keep_deleted_seconds: int
    keep_originals: Literal["keep", "drop"]
    storage: Storage
    deletions: list[Deletion] = Field(description="In the order of deletion.")


class TidyUp(Body):
    """What to delete."""

    with_deleted: StrictBool = Field(
        False,
        description="Also empty the bin: nothing in it can be restored then. What players can reach stays.",
    )


class Deletions(Model):
    """What was deleted."""

    deletions: list[Deletion]
    freed_bytes: int
