"""What people do here. Every route that changes something names its one action, or says that it changes
nothing.
"""

from enum import StrEnum
from typing import Self


class Action(StrEnum):
    """A thing that somebody does, by the name that clients know it by, and the words for it.

    done, plain: the verb in "Anna stopped ..." and in "Anna could not stop ...". what: the rest of the
    sentence; in braces stands the kind of a thing that is named there.
    """

    done: str
    plain: str
    what: str

    def __new__(cls, value: str, done: str, plain: str, what: str) -> Self:
        made = str.__new__(cls, value)
        made._value_ = value
        made.done, made.plain, made.what = done, plain, what
        return made

    SESSION_START = "session.start", "signed in", "sign in", ""
    SESSION_END = "session.end", "signed out", "sign out", ""
    SESSION_REUSE = "session.reuse", "used", "use", "an old copy of a session of {person}"
    INVITATION_ACCEPT = "invitation.accept", "set", "set", "a password with a link"

    ACCOUNT_TITLE = "account.title", "changed", "change", "their own display name"
    ACCOUNT_PASSWORD = "account.password", "changed", "change", "their own password"
    ACCOUNT_TWO_STEP_BEGIN = "account.two-step-begin", "began", "begin", "to set up two-step sign-in"
    ACCOUNT_TWO_STEP_ON = "account.two-step-on", "turned", "turn", "two-step sign-in on"
    ACCOUNT_TWO_STEP_OFF = "account.two-step-off", "turned", "turn", "two-step sign-in off"
    ACCOUNT_SIGN_OUT = "account.sign-out", "signed", "sign", "another of their own browsers out"
    ACCOUNT_SIGN_OUT_ALL = "account.sign-out-all", "signed", "sign", "all of their own other browsers out"

    PERSON_ADD = "person.add", "added", "add", "{person}"
    PERSON_CHANGE = "person.change", "changed", "change", "the account of {person}"
    PERSON_REMOVE = "person.remove", "removed", "remove", "{person}"
    PERSON_INVITE = "person.invite", "made", "make", "a new link for {person}"
    PERSON_SIGN_OUT = "person.sign-out", "signed", "sign", "{person} out everywhere"

    TOKEN_CREATE = "token.create", "created", "create", "the API token “{token}”"
    TOKEN_REVOKE = "token.revoke", "revoked", "revoke", "the API token “{token}”"

    LINK_CREATE = "link.create", "made", "make", "the link “{link}” to watch channel {channel}"
    LINK_END = "link.end", "ended", "end", "the link “{link}” to watch channel {channel}"
    LINK_END_ALL = "link.end-all", "ended", "end", "all links to watch channel {channel}"
    LINK_END_EVERY = "link.end-every", "ended", "end", "all links of this server"
    KEY_CREATE = "key.create", "made", "make", "the playback key “{key}”"
    KEY_END = "key.end", "ended", "end", "the playback key “{key}”"
    TV_REPLACE = "tv.replace", "replaced", "replace", "the TV app links"

    CHANNEL_CREATE = "channel.create", "created", "create", "channel {channel}"
    CHANNEL_CHANGE = "channel.change", "changed", "change", "the settings of channel {channel}"
    CHANNEL_DELETE = "channel.delete", "deleted", "delete", "channel {channel}"
    CHANNEL_START = "channel.start", "started", "start", "channel {channel}"
    CHANNEL_STOP = "channel.stop", "stopped", "stop", "channel {channel}"
    CHANNEL_PAUSE = "channel.pause", "paused", "pause", "channel {channel}"
    CHANNEL_RESUME = "channel.resume", "resumed", "resume", "channel {channel}"
    CHANNEL_SKIP = "channel.skip", "skipped", "skip", "to the next video on channel {channel}"
    CHANNEL_PLAY = "channel.play", "played", "play", "another video now on channel {channel}"

    PLAYLIST_ADD = "playlist.add", "added", "add", "videos to the playlist of channel {channel}"
    PLAYLIST_REMOVE = "playlist.remove", "removed", "remove", "videos from the playlist of channel {channel}"
    PLAYLIST_REPLACE = "playlist.replace", "replaced", "replace", "the playlist of channel {channel}"
    PLAYLIST_CLEAR = "playlist.clear", "cleared", "clear", "the playlist of channel {channel}"
    PLAYLIST_SORT = "playlist.sort", "changed", "change", "the order of the playlist of channel {channel}"
    PLAYLIST_UNDO = "playlist.undo", "undid", "undo", "an edit of the playlist of channel {channel}"

    VIDEO_UPLOAD = "video.upload", "uploaded", "upload", "“{video}”"
    VIDEO_RENAME = "video.rename", "renamed", "rename", "“{video}”"
    VIDEO_DELETE = "video.delete", "deleted", "delete", "“{video}”"
    VIDEO_RESTORE = "video.restore", "restored", "restore", "“{video}”"
    VIDEO_ENCODE = "video.encode", "had", "have", "“{video}” encoded again"
    VIDEO_CANCEL = "video.cancel", "cancelled", "cancel", "the encoding of “{video}”"
    UPLOAD_BEGIN = "upload.begin", "began", "begin", "to upload “{upload}”"
    UPLOAD_FINISH = "upload.finish", "finished", "finish", "uploading “{upload}”"
    UPLOAD_CANCEL = "upload.cancel", "cancelled", "cancel", "the upload of “{upload}”"

    RETENTION_RUN = "retention.run", "deleted", "delete", "what was due for deletion"

    CLOCK_RESET = "clock.reset", "set", "set", "the clock of the data folder back"
    FOLDERS_ADOPT = "folders.adopt", "adopted", "adopt", "folders of originals and packages"
    BACKUP_RESTORE = "backup.restore", "restored", "restore", "this data folder from a backup"

    REQUEST = "request", "changed", "change", "something"
    """What was refused at the door, before anything was known of what it is about."""


OF_COMMANDS = frozenset({Action.CLOCK_RESET, Action.FOLDERS_ADOPT, Action.BACKUP_RESTORE})
"""What is done with `insta-stream` on the machine itself only."""
