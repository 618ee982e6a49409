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
        "An uploaded video did not get into its playlist.",
        "It is in the library: add it to the playlist by hand.",
    ),
    "audit_failed": Advice(
        "The audit of what is served met something that it does not understand.",
        "Viewers are served as before. Report it with the lines of the log around it.",
    ),
    "channel_broken": Advice(
        "What is stored of a channel cannot be read.",
        "Start it: it begins anew with its playlist, and what it has aired is forgotten.",
    ),
    "channel_not_recovered": Advice(
        "The database did not say what became of an edit; the channel is held where it was.",
        "Nothing need be done: it is asked again every second. If it stays so, see the check “database”.",
    ),
    "channel_not_refreshed": Advice(
        "A channel could not be planned anew.",
        "Nothing need be done: it is tried again every second. If it stays so, see the check “database”.",
    ),
    "check_changed": Advice("{reason}", "See the checks."),
    "database_refused": Advice(
        "The database could not be used: {reason}",
        "See that no other program has it open, and that the data folder is there and has room.",
    ),
    "clock_far_ahead": Advice(
        "The server's clock, which never goes back, is {reason} ahead of the machine's.",
        "If the machine's clock is right, stop the server and run `insta-stream clock --reset` with the same "
        "data folder; if it is wrong, set it.",
    ),
    "clock_not_kept": Advice(
        "How far the clock has come could not be written down: {reason}",
        "See that the data folder is there and has room.",
    ),
    "demo_failed": Advice("The demo could not be put on the air: {reason}", "Upload a video instead."),
    "history_lost": Advice(
        "What the plots showed before this start is lost: {reason}",
        "Nothing need be done; they begin anew.",
    ),
    "history_not_kept": Advice(
        "The numbers of the plots could not be written down: {reason}",
        "See that the data folder is there and has room. A restart would begin the plots anew.",
    ),
    "inspection_repeated": Advice(
        "Looking into an uploaded file was ended or stood still, and is done once more: {reason}",
        "If it comes again, see whether the machine has enough memory.",
    ),
    "library_duty_failed": Advice(
        "The library could not look after its files.", "Restart the server; if it stays so, report it."
    ),
    "not_ready": Advice(
        "A part of the server does not answer as it should.", "See the checks, and the log for the reason."
    ),
    "original_found": Advice(
        "The original file of a video is there again, or is gone though nobody deleted it.",
        "See that nothing but the server changes files in its data folder.",
    ),
    "package_failed": Advice(
        "A video could not be packaged: {reason}",
        "Try “package again” on the video, or upload the file in another format, such as MP4 with H.264.",
    ),
    "packaging_crashed": Advice(
        "Packaging a video ended unforeseen.",
        "It is tried again within a minute. If it stays so, delete the video, and report it.",
    ),
    "packaging_failed": Advice(
        "FFmpeg did not finish a part of a video: {reason}",
        "It is tried again by itself, three times in all. If the server is short of memory, give it more.",
    ),
    "packaging_waits_for_disk_space": Advice(
        "Packaging waits, since the disk is nearly full.",
        "Delete videos that are not needed, or give the data folder a larger disk.",
    ),
    "pictures_failed": Advice(
        "The pictures of a video could not be made: {reason}",
        "The video airs without them; “package again” makes them anew.",
    ),
    "playlist_failed": Advice(
        "A playlist could not be made.",
        "Stop the channel and start it again, and report it with the lines of the log around it.",
    ),
    "playlist_violation": Advice(
        "A playlist broke a rule that players rely on: {reason}",
        "If viewers see it stop, stop the channel and start it again. It is a mistake in this program or a "
        "server that stood still: report it with the lines of the log around it.",
    ),
    "rendition_given_up": Advice(
        "A quality step of a video was given up: {reason}",
        "The video airs without it; “package again” makes another attempt.",
    ),
    "request_failed": Advice(
        "A request ended in an error that nobody foresaw.",
        "Try again; if it stays so, report it with the lines of the log that have its reference.",
    ),
    "restored_channel_stays_off": Advice(
        "A channel was on the air when the backup was made, and could not start: {reason}",
        "Start it when the slate is there.",
    ),
    "row_broken": Advice(
        "What is stored of a video, package or upload cannot be read, and it is left out: {reason}",
        "Its files stay where they are. Restore a backup into a new folder, or upload the file again.",
    ),
    "segments_lost": Advice(
        "Files of a packaged video were missing; they are made anew.",
        "See that nothing but the server deletes files in its data folder, and that the disk is sound.",
    ),
    "slate_failed": Advice(
        "The slate, which airs when nothing else can, could not be made.",
        "It is tried again every minute. `insta-stream doctor` says whether FFmpeg works.",
    ),
    "source_shorter": Advice(
        "A video is shorter than its file says: its end is damaged or missing.",
        "What there is airs. Upload the file again if it is whole where it came from.",
    ),
    "tidying_failed": Advice(
        "What is no longer needed could not be removed.",
        "It is tried again every minute. If it stays so, see the check “database”.",
    ),
    "topic_not_read": Advice(
        "What the Studio shows could not be brought up to date.",
        "Reload the page; if it stays so, report it.",
    ),
    "unknown_originals": Advice(
        "In the folder of originals are files that belong to no video.",
        "The log names one of them; remove them by hand when you know that nobody needs them.",
    ),
    "unknown_packages": Advice(
        "In the folder of packages are some that belong to no video.",
        "The log names one of them. They may be of another installation, or of a newer state of this one; "
        "remove them by hand when you know that nobody needs them.",
    ),
    "upload_inspection_crashed": Advice(
        "Looking into an uploaded file ended unforeseen.",
        "It is tried again. If it stays so, upload the file in another format, and report it.",
    ),
    "upload_lost": Advice("The file of an upload that was under way is gone.", "Begin the upload anew."),
    "upload_not_inspected": Advice(
        "An uploaded file could not be looked into: {reason}", "It is tried again by itself."
    ),
    "upload_not_seen_to": Advice(
        "An upload that is over could not be removed: {reason}", "It is tried again by itself."
    ),
    "upload_not_written": Advice(
        "An upload could not be kept: {reason}",
        "See that the data folder is there and has room; upload again.",
    ),
    "video_joined_no_playlist": Advice(
        "An uploaded video did not join a playlist: {reason}",
        "It is in the library: add it where you want it.",
    ),
    "video_without_package": Advice(
        "A video is recorded, but nothing that was packaged of it; it is left out.",
        "Its file is still in the folder of originals: upload it again from there.",
    ),
    "wall_clock_set_back": Advice(
        "The machine's clock is behind what it was before the server started.",
        "Nothing need be done: the stream goes on where it was. See that a time service (NTP) runs.",
    ),
}

UNKNOWN = Advice("{reason}", "The log says more.")
"""For what has no entry of its own, and for what libraries say."""
