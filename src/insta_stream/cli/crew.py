"""The workers of a server: as many as there are to be, and each is replaced when it ends or when it is old.

They are alike, so nobody minds which one it is that comes or goes. The first one starts alone. What only one
may do is done then, and what keeps it from starting would keep all others.
"""

from typing import Protocol

import structlog

from insta_stream.cli.hand import STOP_SECONDS, Hand
from insta_stream.cli.pulse import LOOK_SECONDS, SILENT_LOOKS

log = structlog.get_logger()


class Hire(Protocol):
    """Starts a worker."""

    def __call__(self, *, is_first: bool) -> Hand:
        """Return a worker that was just started. Raises OSError where there is no room for it."""


class Crew:
    """So many workers. hire: starts one.

    A worker that has ended is followed by another one at once, or at the next look if it was new. None is
    followed after `stop`.
    """

    def __init__(self, size: int, hire: Hire) -> None:
        self._size = size
        self._hire = hire
        self._hands: list[Hand] = []  # the oldest one first
        self._leaving: list[Hand] = []  # told to end
        self._successor: Hand | None = None  # takes the place of the oldest as soon as it answers
        self._outdated: list[Hand] = []  # those that are still to be replaced
        self._is_stopping = False
        self.has_answered = False
        """Any of them has, ever."""

    @property
    def is_over(self) -> bool:
        """It was stopped, and everybody has ended."""
        return self._is_stopping and not self._leaving

    def begin(self) -> None:
        """Start the first worker."""
        self._fill()

    def see(self) -> None:
        """Take note of who has ended or begun to answer. Raises SystemExit where no worker could start."""
        self._leaving = [hand for hand in self._leaving if hand.is_alive]
        if self._is_stopping:
            return
        is_news = not self.has_answered and any(hand.answers for hand in self._hands)
        self.has_answered = self.has_answered or is_news
        self._replace_ended()
        if is_news:
            self._fill()
        self._see_successor()
        self._send_for_successor()

    def look(self) -> None:
        """See to everybody, once every LOOK_SECONDS: kill who is stuck or does not end, start who is due."""
        for hand in self._leaving:
            if hand.is_overdue:
                log.warning("worker_killed", reason=f"It did not end within {STOP_SECONDS} s.")
                hand.kill()
        for hand in self._hands:
            if hand.looks_stuck():
                reason = f"No sign of life for {SILENT_LOOKS * LOOK_SECONDS} s."
                log.error("worker_stuck", reason=reason, remedy="The server kills it and starts another one.")
                hand.kill()
        if self._successor is not None and self._successor.is_late:
            self._successor.kill()
        self.see()
        if not self._is_stopping:
            self._fill()

    def renew(self) -> None:
        """Replace everybody, one after the other, as soon as the next one answers. Asked again meanwhile, it
        begins anew: who starts at this moment may have read what has changed since.
        """
        if self._is_stopping:
            return
        log.info("renewal_begun", workers=len(self._hands))
        self._outdated = [*self._hands, *([self._successor] if self._successor else [])]
        self._send_for_successor()

    def stop(self) -> None:
        """Tell everybody to end; asked twice, kill them: somebody is in a hurry."""
        if self._is_stopping:
            for hand in self._leaving:
                hand.kill()
            return
        self._is_stopping = True
        self._leaving += [*self._hands, *([self._successor] if self._successor else [])]
        for hand in self._leaving:
            hand.stop()
        self.see()

    def _replace_ended(self) -> None:
        ended = [hand for hand in self._hands if not hand.is_alive]
        for hand in ended:
            self._hands.remove(hand)
            if not self.has_answered and hand.status >= 0:
                # It has said why; one that was killed has not, and the next may fare better.
                raise SystemExit(1)
            log.warning("worker_ended", status=hand.status, remedy="The server starts another one.")
            if not hand.is_new:
                self._try_to_hire()
        self._outdated = [hand for hand in self._outdated if hand not in ended]

    def _fill(self) -> None:
        wanted = self._size if self.has_answered else 1
        while len(self._hands) < wanted and self._try_to_hire():
            pass

    def _try_to_hire(self) -> bool:
        """Start a worker; where the machine has no room for one, leave that to the next look."""
        try:
            self._hands.append(self._hire(is_first=not self.has_answered))
        except OSError as error:
            log.warning("worker_not_started", reason=str(error), remedy="The server tries again.")
            return False
        return True

    def _see_successor(self) -> None:
        """Let the oldest worker go when its successor answers. One that does not come up ends the renewal."""
        if (successor := self._successor) is None:
            return
        if successor.answers:
            self._successor = None
            self._hands.append(successor)
            self._let_oldest_go()
            if not self._outdated:
                log.info("workers_renewed")
        elif not successor.is_alive:
            self._give_up_renewal(f"The new worker ended with status {successor.status}.")

    def _let_oldest_go(self) -> None:
        if len(self._hands) <= self._size:
            return
        oldest = self._hands.pop(0)
        if oldest in self._outdated:
            self._outdated.remove(oldest)
        oldest.let_go()
        self._leaving.append(oldest)
        if len(self._leaving) > self._size:
            self._leaving[0].stop()  # it has had the time of a whole renewal

    def _send_for_successor(self) -> None:
        if not (self._outdated and self.has_answered and self._successor is None):
            return
        try:
            self._successor = self._hire(is_first=False)
        except OSError as error:
            self._give_up_renewal(str(error))

    def _give_up_renewal(self, reason: str) -> None:
        self._successor, self._outdated = None, []
        log.error("renewal_given_up", reason=reason, remedy="The workers from before go on. Try again.")
