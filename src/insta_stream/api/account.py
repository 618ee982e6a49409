"""One's own account: title, password, second factor, and where one is signed in."""

import io
from typing import Annotated, Literal

import segno
from pydantic import Field

from insta_stream.access.action import Action
from insta_stream.access.permission import Permission
from insta_stream.access.principal import Principal
from insta_stream.api.account_views import Account, OwnAccount, account_of, own_account_of
from insta_stream.api.acts import Doing, does
from insta_stream.api.permits import Caller, needs, router
from insta_stream.api.services import Held
from insta_stream.api.session import Typed
from insta_stream.api.wire import Body, Done, Model, Moment, Reply, Title, moment
from insta_stream.db.sessions import SessionRow
from insta_stream.db.usage import Usage
from insta_stream.errors import WrongState
from insta_stream.ids import AccountId

routes = router("/api/account", "accounts")


class AccountChange(Body):
    """What is to be another."""

    title: Title | Literal[""]


class NewPassword(Body):
    """A password, and the one before."""

    current: Typed
    new: Typed


class Proof(Body):
    """What shows that this is no stranger at an open browser."""

    password: Typed


class Code(Body):
    """What an app shows."""

    code: Annotated[str, Field(max_length=64)]


class Enrolment(Model):
    """What an app needs."""

    secret: str
    uri: str = Field(description="The same for an app (`otpauth:`).")
    qr: str = Field(description="The same as a picture: SVG.")


class RecoveryCodes(Model):
    """Each opens the account once, where the app is lost. They are not told again."""

    recovery_codes: list[str]


class SessionView(Model):
    """A browser that is signed in."""

    id: str
    device: str = Field(examples=["Firefox on Linux"])
    address: str
    created_at: Moment
    used_at: Moment
    is_this: bool = Field(description="The one that asks.")


class SessionList(Model):
    """Where one is signed in."""

    sessions: list[SessionView]


@routes.get("", summary="One's account, and how much of the disk one's videos take")
@needs(Permission.ACCOUNT_OWN)
async def read_account(services: Held, caller: Caller) -> Reply[OwnAccount]:
    row, quotas = services.people.get(_own(caller)), services.library.quotas
    found = (await quotas.usage(row.id)).get(row.id, Usage())
    return Reply(message="", data=own_account_of(row, found.bytes, quotas.effective(row.quota_bytes)))


@routes.patch("", summary="Change one's title")
@needs(Permission.ACCOUNT_OWN)
@does(Action.ACCOUNT_TITLE)
async def change_account(services: Held, caller: Caller, doing: Doing, body: AccountChange) -> Reply[Account]:
    account = _own(caller)
    doing.tell(before={"title": services.people.get(account).title}, after={"title": body.title})
    await services.credentials.entitle(account, body.title)
    return Reply(message="", data=account_of(services.people.get(account)))


@routes.put("/password", summary="Change one's password; all other sessions end")
@needs(Permission.ACCOUNT_OWN)
@does(Action.ACCOUNT_PASSWORD)
async def change_password(services: Held, caller: Caller, body: NewPassword) -> Done:
    current, new = body.current.get_secret_value(), body.new.get_secret_value()
    await services.credentials.change_password(_own(caller), current, new, caller.session)
    return Done(message="Your password was changed. You are signed out everywhere else.")


@routes.post("/totp", summary="Begin with a second factor")
@needs(Permission.ACCOUNT_OWN)
@does(Action.ACCOUNT_TWO_STEP_BEGIN)
async def enrol(services: Held, caller: Caller, body: Proof) -> Reply[Enrolment]:
    begun = await services.credentials.enrol(_own(caller), body.password.get_secret_value())
    return Reply(message="", data=Enrolment(secret=begun.secret, uri=begun.uri, qr=_picture(begun.uri)))


@routes.put("/totp", summary="Show that an app works: its codes are asked for from now on")
@needs(Permission.ACCOUNT_OWN)
@does(Action.ACCOUNT_TWO_STEP_ON)
async def confirm(services: Held, caller: Caller, body: Code) -> Reply[RecoveryCodes]:
    codes = await services.credentials.confirm(_own(caller), body.code)
    message = "Keep the recovery codes: they are not shown again."
    return Reply(message=message, data=RecoveryCodes(recovery_codes=codes))


@routes.delete("/totp", summary="Ask for no second factor any more")
@needs(Permission.ACCOUNT_OWN)
@does(Action.ACCOUNT_TWO_STEP_OFF)
async def disenrol(services: Held, caller: Caller, body: Proof) -> Done:
    await services.credentials.disenrol(_own(caller), body.password.get_secret_value())
    return Done(message="Signing in needs no code any more.")


@routes.get("/sessions", summary="Where one is signed in")
@needs(Permission.ACCOUNT_OWN)
async def list_sessions(services: Held, caller: Caller) -> Reply[SessionList]:
    rows = await services.sessions.listed(_own(caller))
    return Reply(message="", data=SessionList(sessions=[_shown(row, caller) for row in rows]))


@routes.delete("/sessions/{session_id}", summary="Sign out somewhere")
@needs(Permission.ACCOUNT_OWN)
@does(Action.ACCOUNT_SIGN_OUT)
async def end_session(services: Held, caller: Caller, session_id: str) -> Done:
    await services.sessions.end(_own(caller), session_id)
    return Done(message="That browser is signed out.")


@routes.delete("/sessions", summary="Sign out everywhere else")
@needs(Permission.ACCOUNT_OWN)
@does(Action.ACCOUNT_SIGN_OUT_ALL)
async def end_other_sessions(services: Held, caller: Caller) -> Done:
    await services.sessions.end_all(_own(caller), but=caller.session)
    return Done(message="You are signed out everywhere else.")


def _own(caller: Principal) -> AccountId:
    """Return the account of who asks. Raises WrongState ("no_session")."""
    if caller.account is None or caller.session is None:
        raise WrongState("This needs a person who has signed in; a token is none.", code="no_session")
    return caller.account


def _picture(text: str) -> str:
    """Return a QR code as SVG that takes the size and the colours of what it stands in."""
    drawn = io.BytesIO()
    segno.make_qr(text, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, dark="#000", light="#fff"
    )
    return drawn.getvalue().decode()


def _shown(row: SessionRow, caller: Principal) -> SessionView:
    return SessionView(
        id=row.id,
        device=row.device,
        address=row.address,
        created_at=moment(row.created_at),
        used_at=moment(row.used_at),
        is_this=row.id == caller.session,
    )
