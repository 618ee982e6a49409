"""Which video covers a channel's gaps: one rule for what airs and for what is foretold."""

from insta_stream.timeline.playable import Playable


def chosen(own: Playable | None, built_in: Playable | None) -> Playable | None:
    """Return the channel's own slate, or the built-in one where it has none or that is not complete.

    What grows may stop growing, so nothing that is incomplete can cover a gap. None where there is neither.
    """
    return next((each for each in (own, built_in) if each is not None and each.is_complete), None)
