"""Requests as web players send them, and answers as the rules judge them."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from insta_stream.check.findings import Findings
from insta_stream.clock import Clock
from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist
from insta_stream.hls.rules import Rule
from insta_stream.hls.rules.http import Exchange, check_reachable
from insta_stream.hls.rules.text import SYNTAX, check_text
from insta_stream.ticks import Ticks

ORIGIN = "https://player.example"
_RESTARTING = frozenset({502, 503, 504})

COMES_BACK_SECONDS = 10.0
"""How long a server may put the checker off: what players have to play meanwhile is no more than that."""

SHORTEST_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with its body (decompressed) and the instants at which it was asked for and had come."""

    exchange: Exchange
    body: bytes
    requested: Ticks
    received: Ticks

    @property
    def is_good(self) -> bool:
        """Whether the status is 200."""
        return self.exchange.status == 200  # noqa: PLR2004  (the one good status)


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Sends requests. tolerates_restart: no answer (or a proxy's word for it) is a gap, not a violation."""

    client: httpx.AsyncClient
    clock: Clock
    findings: Findings
    tolerates_restart: bool

    async def fetch(
        self,
        url: str,
        rule: Rule,
        subject: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
    ) -> Answer | None:
        """Return the answer after redirects, or None when there was none; that breaks `rule`.

        A server that says when to come back (503 with Retry-After, RFC 9110 section 15.6.4) is asked again
        then, for a while.
        """
        gives_up_at = time.monotonic() + COMES_BACK_SECONDS
        while True:
            answer = await self._ask(url, rule, subject, method, headers or {})
            pause = None if answer is None else _come_back_in(answer)
            if pause is None or time.monotonic() + pause > gives_up_at:
                return answer
            self.findings.tell("wait", f"{subject}: the server says to come back in {pause:g} s")
            await asyncio.sleep(pause)

    async def _ask(
        self, url: str, rule: Rule, subject: str, method: str, headers: Mapping[str, str]
    ) -> Answer | None:
        request = self.client.build_request(method, url, headers={"Origin": ORIGIN, **headers})
        requested, began = self.clock.now(), time.perf_counter()
        try:
            response = await self.client.send(request, stream=True, follow_redirects=True)
            took_ms = round((time.perf_counter() - began) * 1000)
            try:
                body = await response.aread()
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            self._unanswered(rule, subject, str(error) or type(error).__name__)
            return None
        for hop in response.history:
            self.findings.add(check_reachable(_exchange(hop, 0)), subject)
        if self.tolerates_restart and response.status_code in _RESTARTING:
            self._unanswered(rule, subject, f"status {response.status_code}")
            return None
        return Answer(_exchange(response, took_ms), body, requested, self.clock.now())

    def _unanswered(self, rule: Rule, subject: str, reason: str) -> None:
        if self.tolerates_restart:
            self.findings.tell("gap", f"{subject}: {reason}")
        else:
            self.findings.add([rule.broken(f"no answer: {reason}")], subject)


def _come_back_in(answer: Answer) -> float | None:
    """Return after how many seconds the server wants to be asked again; None where it does not say so."""
    said = answer.exchange.headers.get("retry-after", "")
    if answer.exchange.status != HTTPStatus.SERVICE_UNAVAILABLE or not said.isdecimal():
        return None
    return max(SHORTEST_PAUSE_SECONDS, float(said))


def playlist_of(
    answer: Answer, findings: Findings, subject: str
) -> MediaPlaylist | MultivariantPlaylist | None:
    """Return the playlist in an answer, or None when it is no good answer or broken text."""
    if not answer.is_good:
        return None
    wrong = list(check_text(answer.body))
    findings.add(wrong, subject)
    return None if SYNTAX.code in {violation.code for violation in wrong} else parse(answer.body.decode())


def _exchange(response: httpx.Response, took_ms: int) -> Exchange:
    request = response.request
    return Exchange(
        method=request.method,
        url=str(request.url),
        status=response.status_code,
        headers={name.lower(): value for name, value in response.headers.items()},
        took_ms=took_ms,
        accepts_gzip="gzip" in request.headers.get("accept-encoding", ""),
    )
