"""Who asks: by the address, by a token in a header, or by the cookies of a session."""

import base64
import binascii
import hmac
import ipaddress
import secrets
from collections.abc import Callable, Iterable
from functools import partial
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from insta_stream.access.passes import OWNER_OF_ALL, TOKEN, TV, Viewer
from insta_stream.access.permission import Permission
from insta_stream.access.principal import NOBODY, OWNER, Principal
from insta_stream.access.roster import Roster
from insta_stream.access.signer import Claims
from insta_stream.access.wall import wall_clock
from insta_stream.api.acts import SAFE_METHODS
from insta_stream.api.attempts import TOO_MANY_TOKENS, Attempts, wait
from insta_stream.api.cookies import Cookies
from insta_stream.api.events.frames import Farewell
from insta_stream.api.hostname import hostname
from insta_stream.api.links import Links
from insta_stream.api.tv import TvLinks
from insta_stream.delivery.admission import viewer_of
from insta_stream.errors import Forbidden
from insta_stream.ids import AccountId
from insta_stream.origins import origin_of
from insta_stream.pace import MakeDebts, Pace, own_debts
from insta_stream.proxies import DIRECT, Proxies
from insta_stream.ticks import Ticks

TELEVISION = Principal(frozenset({Permission.CHANNEL_VIEW}), channels=None)
"""Who asks under the secret of the addresses for TV apps: sees what may be watched with a link."""

LINK = Principal(frozenset({Permission.LIBRARY_READ}))
"""Who asks for a signed address."""


class Access:
    """Knows whom a request comes from.

    hosts: names this server answers to, besides addresses and localhost; "*" for any. origins: of web pages
    elsewhere that may drive it, such as "https://studio.example". public_url: its host and origin are ours.
    token: the server's own, which opens all of it. roster: API tokens, and people who sign in. is_shut: also
    where there is neither token nor admin, not everybody may do everything. single_sign_on: what the service
    is called that people can sign in with, None for none. proxies: those in front of the server.
    requests_per_minute: of each who asks, 0 for any number. debts: what is known of those who ask, by all
    processes that count together.
    """

    def __init__(
        self,
        *,
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
        public_url: str | None = None,
        token: str | None = None,
        roster: Roster | None = None,
        is_shut: bool = False,
        single_sign_on: str | None = None,
        proxies: Proxies = DIRECT,
        requests_per_minute: int = 0,
        debts: MakeDebts = own_debts,
    ) -> None:
        public = [] if public_url is None else [public_url]
        names = {*(host.lower() for host in hosts), *(urlsplit(url).hostname or "" for url in public)}
        self.roster = roster or Roster()
        self.origins = frozenset(map(origin_of, (*origins, *public)))
        self.attempts = Attempts(proxies, debts("wrong tokens"))
        self._hosts = names - {""}
        self._own_origins = frozenset(map(origin_of, public))
        self.single_sign_on = single_sign_on
        self.public_url = public_url
        self._token = token
        self._is_shut = is_shut
        self._proxies = proxies
        self._pace = Pace(requests_per_minute, debts("requests")) if requests_per_minute else None
        self._until_it_ends = secrets.token_hex()

    @property
    def is_open(self) -> bool:
        """Whether everybody may do everything: nobody has said how to tell people apart."""
        return self._token is None and not self._is_shut and not self.roster.has_admin

    @property
    def has_token(self) -> bool:
        """Whether there is one that opens all of it."""
        return self._token is not None

    @property
    def tv(self) -> TvLinks:
        """The addresses for TV apps."""
        return TvLinks(None if self.is_open else self._secret)

    @property
    def has_tv_key(self) -> bool:
        """Whether the secret of the addresses for TV apps is a key, which can be replaced."""
        return self._token is None and not self.is_open

    @property
    def links(self) -> Links:
        """Addresses that work without a token for a while."""
        return Links.of(self._secret)

    @property
    def cookies(self) -> Cookies:
        """What browsers keep of this server."""
        return Cookies(self.roster.installation)

    @property
    def _secret(self) -> str:
        """From which others come: it stays as long as it can."""
        return self._token or self.roster.tv_secret or self._until_it_ends

    def knows_host(self, host: str) -> bool:
        """Tell whether a Host header names this server. An address cannot be re-bound, so any address may."""
        name = hostname(host)
        if name in self._hosts or "*" in self._hosts or name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def answers_to(self, host: str) -> bool:
        """Return whether a request with this Host header is looked at. Where something has to be shown any
        name will do: browsers keep tokens and cookies by the name of the page that was given them.
        """
        return self.knows_host(host) or (not self.is_open and hostname(host) != "")

    def trusts_origin(self, origin: str, host: str) -> bool:
        """Tell whether a page of `origin` may change something on the server it calls `host`."""
        return origin.lower() in self.origins or _is_of(origin, host)

    def address(self, scope: Scope) -> str:
        """Return where a request comes from; of IPv6 the network."""
        return self._proxies.customer(scope)

    def too_fast(self, scope: Scope, caller: Principal) -> tuple[int, int] | None:
        """Take note of a request; return how many may come in a minute and how many seconds to wait, where it
        is one too many.

        People and API tokens are counted each for themselves, so that a script that runs wild keeps nobody
        out of the Studio; so are browsers that somebody has signed in with before, for these have to renew
        their sessions. Others are counted by their address, which they may share with a flood.
        """
        if self._pace is None or caller is OWNER:
            return None
        who = caller.token or caller.account or self._known_browser(scope) or self.address(scope)
        pause = self._pace.wait(who)
        return (self._pace.per_minute, pause) if pause else None

    def _known_browser(self, scope: Scope) -> str | None:
        """Return the session with which somebody first signed in with a browser, None for a stranger's."""
        shown = self.cookies.read(Headers(scope=scope)).device
        claims = self.roster.signer.read(shown, "device") if shown else None
        return None if claims is None else claims.session

    def caller(self, scope: Scope) -> Principal:
        """Return who makes a request."""
        path: str = scope["path"]
        if (viewer := viewer_of(scope)) is not None:
            return viewer.principal
        if TvLinks.names(path):
            return TELEVISION if self.tv.admits(path) else NOBODY
        if self.is_open:
            return OWNER
        if (caller := self._opened_by(shown(Headers(scope=scope)))) is not NOBODY:
            return caller
        if (found := self.signed_in(scope)) is not None:
            return found[0]
        is_signed = scope["method"] in SAFE_METHODS and self.links.admit(path, scope["query_string"])
        return LINK if is_signed else NOBODY

    @property
    def edition(self) -> object:
        """Another object whenever what somebody may do can have changed, but for what ends with time."""
        return self.roster.edition

    def viewer(self, text: str) -> Viewer | None:
        """Return who asks with a pass in the address; None where it opens nothing (any more)."""
        return self.roster.passes.viewer(text, self._stands_for)

    def as_viewer(self, caller: Principal) -> tuple[Viewer, Ticks | None]:
        """Return somebody as a viewer, and until when their addresses are good; None for as long as what they
        have shown is. Raises Forbidden for whoever is none of those that there are addresses for.
        """
        passes, expires_at = self.roster.passes, None
        if caller.token is not None:
            folder = passes.of_caller(TOKEN, caller.token)
        elif caller.account is not None and caller.session is not None:
            folder, expires_at = passes.of_session(caller.account, caller.session)
        elif caller == TELEVISION:
            folder = passes.of_caller(TV, passes.mark(self._secret))
        elif caller == OWNER:
            folder = passes.of_caller(OWNER_OF_ALL, passes.mark(self._token or ""))
        else:
            raise Forbidden("There are no addresses for whoever has shown only this.")
        return Viewer(caller, folder, signs_in=caller != TELEVISION), expires_at

    def _stands_for(self, kind: str, name: str, session: str) -> Principal | None:
        """Return what somebody may do now for whom a pass stands, None for nothing."""
        match kind:
            case "account":
                return self.roster.person(AccountId(name), session)
            case "token":
                return self.roster.issued.of(name)
            case "tv":
                return TELEVISION if name == self.roster.passes.mark(self._secret) else None
        is_there = self._token is not None or self.is_open
        return OWNER if is_there and name == self.roster.passes.mark(self._token or "") else None

    def signed_in(self, scope: Scope) -> tuple[Principal, Claims] | None:
        """Return who has signed in with this browser, and until when that holds; None for nobody.

        Only our own pages count: those of `allowed_origins` show a token, and their visitors' cookies are not
        theirs to use.
        """
        headers = Headers(scope=scope)
        if not (headers.get("cookie") and self._is_own_page(headers)):
            return None
        return self.roster.signed_in(self.cookies.read(headers).access)

    def listener(self, scope: Scope, token: str | None) -> Callable[[], Principal]:
        """Return what tells who is at a WebSocket whose first frame has this token, now and whenever it is
        asked again. Both raise Farewell for nobody.
        """
        if token or self.is_open or (found := self.signed_in(scope)) is None:
            who = partial(self._shows, scope, token or "")
        else:
            who = partial(self._goes_on, scope, found[1].expires_at)
        who()
        return who

    def _shows(self, scope: Scope, token: str) -> Principal:
        if self.is_open:
            return OWNER
        if (caller := self._opened_by(token)) is not NOBODY:
            return caller
        if token and (pause := self.attempts.failed(scope)):
            raise Farewell(4401, TOO_MANY_TOKENS, wait(pause))
        raise Farewell(
            4401, "unauthorized", "The first frame must contain a valid `token`, or sign in first."
        )

    def _goes_on(self, scope: Scope, expires_at: Ticks) -> Principal:
        if (found := self.signed_in(scope)) is not None:
            return found[0]
        if expires_at <= wall_clock():
            raise Farewell(4401, "expired", "The session is to be renewed.")
        raise Farewell(4401, "changed", "The session has ended.")

    def _opened_by(self, token: str) -> Principal:
        """Return who shows a token, "" for none."""
        ours = self._token
        if ours is not None and hmac.compare_digest(token.encode(errors="replace"), ours.encode()):
            return OWNER
        return self.roster.issued.opened_by(token) or NOBODY

    def _is_own_page(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is not None:
            return origin.lower() in self._own_origins or _is_of(origin, headers.get("host", ""))
        return headers.get("sec-fetch-site", "none") in {"none", "same-origin"}


def _is_of(origin: str, host: str) -> bool:
    """Tell whether a page of `origin` is one of the server it calls `host`."""
    scheme, separator, authority = origin.lower().partition("://")
    if not separator or scheme not in {"http", "https"}:
        return False  # "null", extensions, files
    # A proxy that ends TLS makes the scheme here http while the page's is https: compare hosts and ports.
    return authority == host.lower()


def shown(headers: Headers) -> str:
    """Return the token in the Authorization header: a bearer's, or anybody's password; "" for none.

    Players that load the guide know user names and passwords only: `http://any:token@host/guide.xml`.
    """
    scheme, _, value = headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return value.strip()
        case "basic":
            return _password(value)
        case _:
            return ""


def _password(value: str) -> str:
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def access_of(request: Request) -> Access:
    """Return what knows the callers of this server."""
    access: Access = request.app.state.access
    return access
