"""What each warning and error in the log means for a person, and what to do about it.

The one place for these words. A code is the constant name of a log event; `{reason}` is what the event says
of itself.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Advice:
    """meaning: a sentence, in which `{reason}` may stand. remedy: a sentence."""

    meaning: str
    remedy: str


ADVICE = {
    "arrival_crashed": Advice(
        "An uploaded video could not be added to its playlist.",
        "It is in the library: add it to the playlist by hand.",
    ),
    "audit_failed": Advice(
        "The self-audit of playlists met an unexpected error.",
        "Viewers are not affected. Please report it with the log lines around it.",
    ),
    "audit_not_pruned": Advice(
        "Old entries of the activity log could not be removed: {reason}",
        "The server tries again within an hour. If this persists, see the check “Database”.",
    ),
    "audit_not_written": Advice(
        "A change was made, but could not be written to the activity log yet: {reason}",
        "Check that the data folder exists and has free space, and do not restart the server before: it "
        "writes the entries as soon as it can.",
    ),
    "bulletin_not_posted": Advice(
        "This process could not tell the server's other processes how it is: {reason}",
        "Check that the data folder exists and has free space. Until then, Health and the metrics are not "
        "complete.",
    ),
    "certificate_refused": Advice(
        "The certificate's files changed and cannot be used, so the one before is still in use. {reason}",
        "Put both files right: the server then takes them by itself.",
    ),
    "channel_broken": Advice(
        "A channel's stored data cannot be read.",
        "Start the channel: it begins again with its playlist, and its history is lost.",
    ),
    "channel_not_refreshed": Advice(
        "A channel's schedule could not be updated.",
        "No action needed: the server tries again every second. If this persists, see the check “Database”.",
    ),
    "check_changed": Advice(
        "{reason}",
        "See the checks.",
    ),
    "channel_on_standby": Advice(
        "A channel shows viewers only its standby picture: {reason}",
        "Add videos that can air to its playlist, or stop it.",
    ),
    "channels_not_read": Advice(
        "It cannot be seen whether channels have changed, so they go on as they were: {reason}",
        "Check that the data folder exists and has free space. The server asks again several times a second.",
    ),
    "channels_on_standby": Advice(
        "{reason} show viewers only their standby picture.",
        "Choose “Standby” on the page “Channels”: it says why for each of them.",
    ),
    "database_refused": Advice(
        "The database could not be used: {reason}",
        "Check that no other program has it open, and that the data folder exists and has free space.",
    ),
    "clock_far_ahead": Advice(
        "The server's clock, which never goes back, is {reason} ahead of the machine's.",
        "If the machine's clock is right, stop the server and run `insta-stream clock --reset` with the "
        "same data folder; if it is wrong, set it.",
    ),
    "clock_not_kept": Advice(
        "The clock's state could not be saved: {reason}",
        "Check that the data folder exists and has free space.",
    ),
    "news_mended": Advice(
        "The number of edits was damaged, and was mended at the start.",
        "Nothing was lost. If this is said again, check the disk.",
    ),
    "guarantee_kept": Advice(
        "Something was not written because it would have broken a guarantee: {reason}",
        "Nothing was lost. If this is said again and again, please report it with the log lines around it.",
    ),
    "demo_failed": Advice(
        "The demo could not be put on air: {reason}",
        "Upload a video instead.",
    ),
    "duty_died": Advice(
        "A background task stopped unexpectedly: {reason}.",
        "No action needed: the server starts it again. If this persists, please report it with the log lines "
        "around it.",
    ),
    "history_lost": Advice(
        "The charts' history from before this start is lost: {reason}",
        "No action needed; new figures are being recorded.",
    ),
    "history_not_kept": Advice(
        "The charts' history could not be saved: {reason}",
        "Check that the data folder exists and has free space. Until then, a restart would empty the charts.",
    ),
    "inspection_repeated": Advice(
        "Checking an uploaded file was interrupted, and is repeated: {reason}",
        "If this happens again, check whether the machine has enough memory.",
    ),
    "not_ready": Advice(
        "A part of the server is not responding as it should.",
        "See the checks, and the log for the reason.",
    ),
    "original_found": Advice(
        "A video's original file has reappeared, or was removed by something other than this server.",
        "Check that only the server changes files in its data folder.",
    ),
    "package_failed": Advice(
        "A video could not be encoded: {reason}",
        "Choose “Encode again” on the video, or upload the file in another format, such as MP4 with H.264.",
    ),
    "packaging_crashed": Advice(
        "Encoding a video stopped unexpectedly.",
        "The server tries again within a minute. If this persists, delete the video, and please report it.",
    ),
    "packaging_failed": Advice(
        "FFmpeg did not finish a part of a video: {reason}",
        "The server tries up to three times. If it is short of memory, give it more.",
    ),
    "packaging_waits_for_disk_space": Advice(
        "Encoding is paused because the disk is nearly full.",
        "Delete videos you no longer need, or move the data folder to a larger disk.",
    ),
    "pictures_failed": Advice(
        "A video's thumbnails could not be created: {reason}",
        "The video airs without them; “Encode again” tries again.",
    ),
    "playlist_failed": Advice(
        "A channel's stream could not be produced.",
        "Stop the channel and start it again, and please report it with the log lines around it.",
    ),
    "playlist_violation": Advice(
        "A channel's stream broke a rule that players rely on: {reason}",
        "If viewers see it stop, stop the channel and start it again. This is a bug, or the server was "
        "frozen for a while: please report it with the log lines around it.",
    ),
    "rendition_given_up": Advice(
        "One quality of a video could not be encoded: {reason}",
        "The video airs without it; “Encode again” tries again.",
    ),
    "request_failed": Advice(
        "A request failed unexpectedly.",
        "Try again; if this persists, please report it with the log lines that carry its reference.",
    ),
    "restored_channel_stays_off": Advice(
        "A channel was on air when the backup was made, and could not be started: {reason}",
        "Start it once the standby picture is ready.",
    ),
    "row_broken": Advice(
        "A stored video, package or upload cannot be read, and is left out: {reason}",
        "Its files are kept. Restore a backup into a new folder, or upload the file again.",
    ),
    "segments_lost": Advice(
        "Files of an encoded video were missing; they are being created again.",
        "Check that only the server deletes files in its data folder, and that the disk is healthy.",
    ),
    "slate_failed": Advice(
        "The standby picture, which is shown when nothing else can be, could not be created.",
        "The server tries again every minute. `insta-stream doctor` checks whether FFmpeg works.",
    ),
    "source_shorter": Advice(
        "A video is shorter than its file claims: the end is damaged or missing.",
        "The rest airs. If your copy of the file is complete, upload it again.",
    ),
    "tidying_failed": Advice(
        "Data that is no longer needed could not be removed.",
        "The server tries again every minute. If this persists, see the check “Database”.",
    ),
    "topic_not_read": Advice(
        "The Studio could not be updated.",
        "Reload the page; if this persists, please report it.",
    ),
    "unknown_originals": Advice(
        "The folder of originals contains files that belong to no video.",
        "The log names one of them; remove them by hand once you are sure nobody needs them.",
    ),
    "unknown_packages": Advice(
        "The folder of encoded videos contains some that belong to no video.",
        "The log names one of them. They may belong to another installation, or to a newer state of this "
        "one; remove them by hand once you are sure nobody needs them.",
    ),
    "upload_inspection_crashed": Advice(
        "Checking an uploaded file stopped unexpectedly.",
        "The server tries again. If this persists, upload the file in another format, and please report it.",
    ),
    "upload_lost": Advice(
        "The file of an unfinished upload is gone.",
        "Upload it again.",
    ),
    "upload_not_inspected": Advice(
        "An uploaded file could not be checked: {reason}",
        "The server tries again.",
    ),
    "upload_not_seen_to": Advice(
        "A finished upload could not be removed: {reason}",
        "The server tries again.",
    ),
    "upload_not_written": Advice(
        "An upload could not be saved: {reason}",
        "Check that the data folder exists and has free space, then upload again.",
    ),
    "video_joined_no_playlist": Advice(
        "An uploaded video was not added to a playlist: {reason}",
        "It is in the library: add it where you want it.",
    ),
    "video_without_package": Advice(
        "A video is recorded, but its encoded files are not; it is left out.",
        "Its file is still in the folder of originals: upload it again from there.",
    ),
    "wall_clock_set_back": Advice(
        "The machine's clock is behind the time at which the server last ran.",
        "No action needed: the channels continue where they were. Check that a time service (NTP) is "
        "running.",
    ),
}

UNKNOWN = Advice("{reason}", "The log has details.")
"""For what has no entry of its own, and for what libraries say."""
