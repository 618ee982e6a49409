"""The other processes of this machine on the same data folder, and what they say of the server's health."""

from insta_stream.health.told import Told, read, written
from insta_stream.storage.bulletin import Bulletin

DOCUMENT = "health"


class Company:
    """others: what they said when this process last met them. bulletin: None for one that meets nobody."""

    def __init__(self, bulletin: Bulletin | None = None) -> None:
        self.others: tuple[Told, ...] = ()
        self._bulletin = bulletin
        self._said: Told | None = None
        self._heard: dict[bytes, Told | None] = {}

    @property
    def leader(self) -> Told | None:
        """What the other one says that leads; None where this one does, or nobody yet."""
        return next((each for each in self.others if each.leads), None)

    def meet(self, own: Told) -> None:
        """Say something, and hear the others; this reads and writes files."""
        if self._bulletin is None:
            return
        if own != self._said:
            self._bulletin.post(DOCUMENT, written(own))
            self._said = own
        words = self._bulletin.others(DOCUMENT)
        self._heard = {each: self._heard[each] if each in self._heard else read(each) for each in words}
        self.others = tuple(told for told in self._heard.values() if told is not None)
