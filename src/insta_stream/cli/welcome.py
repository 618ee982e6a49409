"""What a person at a terminal is told when the server answers: where to go, and what is asked for there."""

from insta_stream.addresses import address, metrics_address
from insta_stream.settings import Settings


def welcome(settings: Settings, others: str | None, *, is_first: bool) -> str:
    """Return the text. others: where others reach the server; is_first: its data folder was empty."""
    here = address(settings)
    places = {
        "Watch": f"{here}/",
        "Studio": f"{here}/studio",
        "For others": others and f"{others}/",
        "Stream": f"{here}/stream/stream.m3u8",
        "Metrics": metrics_address(settings),
        "Data": str(settings.data.absolute()),
    }
    rows = [f"  {name:<12}{place}" for name, place in places.items() if place]
    notes: list[str] = []
    if settings.token is not None:
        file = settings.token_file
        place = f"the file {file.absolute()}" if file else "the setting `token` (INSTA_STREAM_TOKEN)"
        notes.append(f"The Studio asks for the access token: it is in {place}.")
    if settings.is_shut:
        notes.append(
            "Everyone needs to sign in. Until the first admin has chosen a password, the log shows a link "
            "for that at each start (`set_up`)."
        )
    if is_first:
        made = "the standby picture and the demo are" if settings.demo else "the standby picture is"
        notes.append(f"First start: {made} being made. You can use the server meanwhile.")
    paragraphs = ["Insta-Stream is ready. Ctrl-C stops it.", "\n".join(rows), "\n".join(notes)]
    return "\n" + "\n\n".join(filter(None, paragraphs))
