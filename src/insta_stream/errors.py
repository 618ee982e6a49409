"""Everything that can be somebody's fault or misfortune, as one tree.

    InstaStreamError
    ├── BadSettings           a setting has a value that cannot be; the message names it and the remedy
    ├── BadRequest            what was asked makes no sense; the message names the field and the remedy
    ├── Unauthorized          whoever asks is not who they would have to be
    ├── Forbidden             whoever asks may not do that
    ├── Unknown               a channel, video or entry that does not exist
    ├── WrongState            it exists, but cannot do that now
    ├── NotAVideo             an upload whose content is not a video we can air
    ├── TooLarge              an upload over the size limit
    ├── TooMany               more at once than this server takes
    ├── Damaged               bytes that are not those that were sent
    ├── DiskFull              no room; nothing was kept
    ├── QuotaReached          no room for whoever asks; nothing was kept
    ├── NotReady              the service cannot answer yet (or for the moment)
    └── PackagingFailed       FFmpeg or its output was not what the plan says

Below `api/` nobody knows a status code: `api/problems.py` maps these classes to statuses. A class's docstring
is its default message. `code` is stable: programs may compare it.
"""


class InstaStreamError(Exception):
    """Something went wrong."""

    code = "error"

    def __init__(self, message: str = "", *, code: str | None = None) -> None:
        """Take a whole sentence for a person, and optionally a more precise stable `code`."""
        super().__init__(message or type(self).__doc__ or "")
        if code is not None:
            self.code = code

    @property
    def message(self) -> str:
        """The sentence for a person."""
        return str(self)


class BadSettings(InstaStreamError):
    """A setting has a value that cannot be."""

    code = "bad_settings"


class BadRequest(InstaStreamError):
    """The request makes no sense."""

    code = "bad_request"


class Unauthorized(InstaStreamError):
    """Sign in first."""

    code = "unauthorized"


class Forbidden(InstaStreamError):
    """You may not do that."""

    code = "forbidden"


class Unknown(InstaStreamError):
    """There is no such thing."""

    code = "unknown"


class WrongState(InstaStreamError):
    """That is not possible in the present state."""

    code = "wrong_state"


class NotAVideo(InstaStreamError):
    """The file is not a video that can be aired."""

    code = "not_a_video"


class TooLarge(InstaStreamError):
    """The file is larger than this server accepts."""

    code = "too_large"


class TooMany(InstaStreamError):
    """There are too many at once; try again later."""

    code = "too_many"

    def __init__(
        self, message: str = "", *, code: str | None = None, pause_seconds: int | None = None
    ) -> None:
        """Take what every error takes, and how long to wait, where that is known."""
        super().__init__(message, code=code)
        self.pause_seconds = pause_seconds


class Damaged(InstaStreamError):
    """What arrived is not what was sent; nothing of it was kept."""

    code = "damaged"


class DiskFull(InstaStreamError):
    """There is not enough free disk space."""

    code = "disk_full"


class QuotaReached(InstaStreamError):
    """Your storage is full."""

    code = "quota_reached"


class NotReady(InstaStreamError):
    """The service is not ready; try again in a moment."""

    code = "not_ready"


class PackagingFailed(InstaStreamError):
    """The video could not be packaged."""

    code = "packaging_failed"
