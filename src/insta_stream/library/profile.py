"""How an installation packages."""

from dataclasses import dataclass

from insta_stream.media.ladder import Rung


@dataclass(frozen=True, slots=True)
class Profile:
    """How this installation packages. ladder: best first. jobs: ladders made at once. min_free_bytes: of
    disk.
    """

    ladder: tuple[Rung, ...]
    segment_seconds: int
    jobs: int
    min_free_bytes: int

    @property
    def rungs(self) -> tuple[str, ...]:
        """The names of the whole ladder."""
        return tuple(rung.name for rung in self.ladder)
