"""People on a real server that others reach, from its first start to several of them at once."""

import csv
import getpass
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from tests.integration.api.conftest import refused
from tests.support.command import insta_stream, must
from tests.support.server import RunningServer, running
from tests.support.waiting import eventually
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

PASSWORD = "correct horse battery"

LOOPBACK = "127.1"
"""An address of this machine that the server does not take for one: it takes itself to be reached by others.
"""


BROWSERS: list[httpx.Client] = []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    data = tmp_path_factory.mktemp("people") / "data"
    with running(data, "--rungs", "240p", "--host", LOOPBACK) as server:
        yield server
    while BROWSERS:
        BROWSERS.pop().close()


def browser(server: RunningServer, **headers: str) -> httpx.Client:
    """Return a browser that is closed when the server has ended."""
    BROWSERS.append(httpx.Client(base_url=server.url, timeout=30, headers=headers))
    return BROWSERS[-1]


SECRETS: set[str] = {PASSWORD, "another good password", "not the one", "a guess of many"}
"""What was typed, shown or sent here, and opens something."""


def secret_in(path: str) -> str:
    assert path.startswith("/studio/invitation#")
    SECRETS.add(path.partition("#")[2])
    return path.partition("#")[2]


def activity(admin: httpx.Client, **wanted: object) -> list[dict[str, Any]]:
    """Return entries of the audit log, the newest first."""
    reply = admin.get("/api/audit", params={"limit": 500, **wanted})  # type: ignore[dict-item]
    assert reply.status_code == 200, reply.text
    entries: list[dict[str, Any]] = reply.json()["data"]["entries"]
    return entries


def accept(server: RunningServer, secret: str) -> httpx.Client:
    """Return the browser of somebody who has followed an invitation."""
    client = browser(server)
    reply = client.put("/api/invitation", json={"secret": secret, "password": PASSWORD})
    assert reply.status_code == 200, reply.text
    return client


@pytest.fixture(scope="module")
def admin(server: RunningServer) -> httpx.Client:
    """The browser of the first admin, who has followed the address in the log."""
    told = next(line for line in server.log.read_text().splitlines() if "/studio/invitation#" in line)
    found = re.search(r"http://127\.1:\d+/studio/invitation#(\S+?)[\"\s]", told + " ")
    assert found is not None, told
    return accept(server, found[1])


def add(server: RunningServer, admin: httpx.Client, name: str, role: str, **more: object) -> httpx.Client:
    """Return the browser of somebody whom an admin has added."""
    reply = admin.post("/api/people", json={"name": name, "role": role, **more})
    assert reply.status_code == 201, reply.text
    return accept(server, secret_in(reply.json()["data"]["invitation"]["path"]))


def who(client: httpx.Client) -> dict[str, object]:
    told: dict[str, object] = client.get("/api/session").json()["data"]
    return told


def id_of(client: httpx.Client) -> str:
    account = who(client)["account"]
    assert isinstance(account, dict)
    return str(account["id"])


@contextmanager
def listening(client: httpx.Client, *topics: str) -> Iterator[ClientConnection]:
    url = str(client.base_url).replace("http", "ws") + "/api/events"
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    with connect(url, additional_headers={"Cookie": cookie}) as socket:
        socket.send(json.dumps({"subscribe": list(topics)}))
        yield socket


def farewell(socket: ClientConnection) -> tuple[int, str]:
    """Return how a connection ends."""
    code = ""
    with suppress(ConnectionClosed):
        while True:
            code = json.loads(socket.recv(30)).get("error", {}).get("code", code)
    assert socket.close_code is not None
    return socket.close_code, code


def test_a_server_that_others_reach_is_shut_until_its_first_admin_comes(server: RunningServer) -> None:
    with browser(server) as stranger:
        refused(stranger.get("/api/channels"), 401, "unauthorized")
        refused(stranger.post("/api/people", json={"name": "me", "role": "admin"}), 401, "unauthorized")
        told = who(stranger)
        assert (told["signInNeeded"], told["via"], told["permissions"]) == (True, "nothing", [])
        assert stranger.get("/stream/channels.json").status_code == 200
        assert stranger.get("/studio").status_code in {200, 404}


def test_the_first_admin_comes_by_the_address_in_the_log(admin: httpx.Client) -> None:
    told = who(admin)
    assert told["account"] == {
        "id": id_of(admin),
        "name": "admin",
        "title": "",
        "role": "admin",
        "channels": None,
        "hasTotp": False,
        "hasPassword": True,
    }
    assert (told["via"], told["hasAccounts"], told["channels"]) == ("session", True, None)
    assert "people:manage" in told["permissions"]  # type: ignore[operator]


def test_an_operator_of_a_channel_sees_and_runs_that_one(server: RunningServer, admin: httpx.Client) -> None:
    for slug in ("kids", "news"):
        assert admin.post("/api/channels", json={"slug": slug, "title": slug}).status_code == 201
    kim = add(server, admin, "kim", "operator", channels=["kids"])
    listed = kim.get("/api/channels").json()["data"]["channels"]
    assert [channel["slug"] for channel in listed] == ["kids"]
    assert kim.delete("/api/channels/kids/playlist").status_code == 200
    refused(kim.delete("/api/channels/news/playlist"), 403, "forbidden")
    refused(kim.get("/api/people"), 403, "forbidden")
    refused(kim.get("/api/tv"), 403, "forbidden")  # whose addresses list all channels
    assert admin.get("/api/tv").status_code == 200
    refused(kim.post("/api/tokens", json={"name": "x", "permissions": ["channel:view"]}), 403, "forbidden")
    evil = {"origin": "https://evil.example"}
    refused(kim.delete("/api/channels/kids/playlist", headers=evil), 403, "bad_origin")


def test_who_listens_is_sent_away_when_rights_change(server: RunningServer, admin: httpx.Client) -> None:
    lee = add(server, admin, "lee", "operator", channels=["kids"])
    with listening(lee, "channel/kids", "channel/news") as socket:
        frames = {frame["topic"]: frame for frame in (json.loads(socket.recv(30)) for _ in range(2))}
        assert "data" in frames["channel/kids"]
        assert frames["channel/news"]["error"]["code"] == "forbidden"
        reply = admin.patch(f"/api/people/{id_of(lee)}", json={"role": "viewer", "channels": None})
        assert (reply.json()["data"]["role"], reply.json()["data"]["channels"]) == ("viewer", None)
        refused(lee.get("/api/channels/kids/playlist"), 403, "forbidden")
        assert farewell(socket) == (4401, "changed")
    assert admin.delete(f"/api/people/{id_of(lee)}/sessions").status_code == 200
    refused(lee.get("/api/channels"), 401, "unauthorized")
    refused(lee.post("/api/session/refresh"), 401, "signed_out")


def test_an_upload_is_its_senders(server: RunningServer, admin: httpx.Client) -> None:
    tus = {"tus-resumable": "1.0.0"}
    uma, udo = (add(server, admin, name, "operator", channels=["main"]) for name in ("uma", "udo"))
    boss = add(server, admin, "boss", "operator")
    begun = uma.post("/api/uploads", headers={**tus, "upload-length": "4"})
    assert begun.status_code == 201, begun.text
    place = begun.headers["location"]
    more = {**tus, "upload-offset": "0", "content-type": "application/offset+octet-stream"}
    override = {**more, "x-http-method-override": "PATCH"}
    refused(udo.patch(place, headers=more, content=b"x"), 403, "forbidden")
    refused(udo.post(place, headers=override, content=b"x"), 403, "forbidden")
    refused(udo.delete(place, headers=tus), 403, "forbidden")
    assert uma.patch(place, headers=more, content=b"x").status_code == 204
    assert boss.delete(place, headers=tus).status_code == 204
    whole = uma.post("/api/uploads", headers={**tus, "upload-length": "4"}).headers["location"]
    assert uma.patch(whole, headers={**more, "upload-offset": "4"}, content=b"x").status_code == 409
    assert uma.patch(whole, headers=more, content=b"xxxx").status_code == 204
    found = [each for each in activity(admin) if each["action"].startswith("upload.")]
    assert [(each["name"], each["action"], each["code"]) for each in reversed(found)] == [
        ("uma", "upload.begin", ""),
        ("udo", "upload.finish", "forbidden"),
        ("udo", "upload.finish", "forbidden"),
        ("udo", "upload.cancel", "forbidden"),
        ("boss", "upload.cancel", ""),
        ("uma", "upload.begin", ""),
        ("uma", "upload.finish", ""),
    ]


def test_who_has_a_quota_sends_no_more_than_that(server: RunningServer, admin: httpx.Client) -> None:
    folder = ("--data", str(server.data))
    quin = add(server, admin, "quin", "operator", title="Quin Rae", quotaBytes=1000)

    def begin(size_bytes: int, by: httpx.Client = quin, **headers: str) -> httpx.Response:
        told = {"tus-resumable": "1.0.0", "upload-length": str(size_bytes), **headers}
        return by.post("/api/uploads", headers=told)

    def space() -> object:
        return quin.get("/api/account").json()["data"]["space"]

    assert space() == {"usedBytes": 0, "quotaBytes": 1000}
    place = begin(600).headers["location"]
    assert admin.get(place).json()["data"]["video"]["owner"] == "Quin Rae"
    assert "600 B of 1.0 KB are in use" in refused(begin(401), 507, "quota_reached")
    form = {"video": ("film.mp4", b"x" * 401)}
    refused(quin.post("/api/upload", files=form), 507, "quota_reached")
    asked = {"name": "script", "permissions": ["library:upload"]}
    quo = add(server, admin, "quo", "admin", quotaBytes=1000)
    secret = quo.post("/api/tokens", json=asked).json()["data"]["secret"]
    script = browser(server, authorization=f"Bearer {secret}")
    refused(begin(1001, script), 507, "quota_reached")  # what somebody's token sends is theirs
    assert begin(1000, script).status_code == 201
    admin.delete(f"/api/people/{id_of(quo)}").raise_for_status()
    assert space() == {"usedBytes": 600, "quotaBytes": 1000}

    told = admin.get("/api/people").json()["data"]
    (person,) = [each for each in told["people"] if each["name"] == "quin"]
    assert (person["usedBytes"], person["quotaBytes"], told["quotaBytes"]) == (600, 1000, 0)
    changed = admin.patch(f"/api/people/{person['id']}", json={"quotaBytes": None}).json()["data"]
    assert (changed["usedBytes"], changed["quotaBytes"]) == (600, None)
    assert space() == {"usedBytes": 600, "quotaBytes": None}
    assert begin(401).status_code == 201
    must("users", "change", "quin", "--quota", "1 kB", *folder)
    refused(begin(1), 507, "quota_reached")
    assert "no quota" in insta_stream("users", "change", "quin", "--quota", "much", *folder).stderr
    must("users", "change", "quin", "--quota", "none", *folder)
    assert begin(1).status_code == 201


def test_somebody_signs_in_goes_on_and_signs_out(server: RunningServer, admin: httpx.Client) -> None:
    add(server, admin, "mia", "viewer")
    with browser(server, **{"user-agent": "Firefox/130.0 Linux"}) as mia:
        wrong = {"name": "mia", "password": "not the one"}
        refused(mia.post("/api/session", json=wrong), 401, "wrong_sign_in")
        reply = mia.post("/api/session", json={"name": "Mia", "password": PASSWORD, "remember": True})
        assert reply.status_code == 200
        assert reply.json()["data"]["account"]["name"] == "mia"
        before = dict(mia.cookies)
        renewed = mia.post("/api/session/refresh").json()["data"]
        assert renewed["expiresAt"] >= reply.json()["data"]["expiresAt"]
        assert dict(mia.cookies) != before
        (other, this) = sorted(
            mia.get("/api/account/sessions").json()["data"]["sessions"], key=lambda each: each["isThis"]
        )
        assert (this["device"], this["address"], other["isThis"]) == ("Firefox on Linux", "127.0.0.1", False)
        assert mia.delete(f"/api/account/sessions/{other['id']}").status_code == 200
        refused(mia.delete(f"/api/account/sessions/{other['id']}"), 404, "unknown_session")
        assert mia.delete("/api/session").status_code == 200
        assert who(mia)["via"] == "nothing"
        assert mia.delete("/api/session").status_code == 200


def test_a_session_that_was_copied_is_in_the_audit_log(server: RunningServer, admin: httpx.Client) -> None:
    mia = add(server, admin, "may", "viewer")
    account, session = id_of(mia), mia.get("/api/account/sessions").json()["data"]["sessions"][0]["id"]
    with browser(server, **{"user-agent": "Chrome/130.0 Windows"}) as thief:
        thief.cookies.update(mia.cookies)
        for _ in range(2):
            assert mia.post("/api/session/refresh").status_code == 200
        refused(thief.post("/api/session/refresh"), 401, "signed_out")
        refused(thief.post("/api/session/refresh"), 401, "signed_out")
    refused(mia.post("/api/session/refresh"), 401, "signed_out")
    (told, *_), count = activity(admin, account=account), len(activity(admin, action="session.reuse"))
    assert (told["action"], told["kind"], told["session"], count) == ("session.reuse", "nobody", session, 1)
    assert (told["address"], told["device"]) == ("127.0.0.1", "Chrome on Windows")
    assert told["text"].endswith("used an old copy of a session of may, which was signed out for safety")
    assert told["before"]["signedInFrom"].startswith("127.0.0.1 · ")


def test_over_https_cookies_are_for_https_only(server: RunningServer, admin: httpx.Client) -> None:
    add(server, admin, "ned", "viewer")
    with browser(server, host="tv.example", origin="https://tv.example") as ned:
        reply = ned.post("/api/session", json={"name": "ned", "password": PASSWORD})
        given = reply.headers.get_list("set-cookie")
        assert len(given) == 3
        assert all(each.startswith("__Host-insta_stream_") and "Secure" in each for each in given)


def test_a_second_factor_from_its_beginning_to_its_end(server: RunningServer, admin: httpx.Client) -> None:
    ola = add(server, admin, "ola", "viewer")
    refused(ola.post("/api/account/totp", json={"password": "not the one"}), 400, "wrong_password")
    begun = ola.post("/api/account/totp", json={"password": PASSWORD}).json()["data"]
    assert begun["qr"].startswith("<svg")
    assert begun["secret"] in begun["uri"]
    refused(ola.put("/api/account/totp", json={"code": "1"}), 400, "wrong_code")
    shown = {"code": pyotp.TOTP(begun["secret"]).now()}
    codes = ola.put("/api/account/totp", json=shown).json()["data"]["recoveryCodes"]
    assert len(codes) == 10
    SECRETS.update((begun["secret"], *codes))
    with browser(server) as elsewhere:
        known = {"name": "ola", "password": PASSWORD}
        refused(elsewhere.post("/api/session", json=known), 401, "code_needed")
        refused(elsewhere.post("/api/session", json={**known, "code": "12345"}), 401, "wrong_code")
        assert elsewhere.post("/api/session", json={**known, "code": codes[0]}).status_code == 200
    assert ola.request("DELETE", "/api/account/totp", json={"password": PASSWORD}).status_code == 200
    changed = {"current": PASSWORD, "new": "another good password"}
    assert ola.put("/api/account/password", json=changed).status_code == 200
    assert ola.patch("/api/account", json={"title": "Ola N"}).json()["data"]["title"] == "Ola N"
    assert ola.patch("/api/account", json={"title": ""}).json()["data"]["title"] == ""
    with browser(server) as elsewhere:
        refused(elsewhere.post("/api/session", json=known), 401, "wrong_sign_in")
        known["password"] = "another good password"
        assert elsewhere.post("/api/session", json=known).status_code == 200


def test_who_guesses_is_told_how_long_to_wait(server: RunningServer, admin: httpx.Client) -> None:
    pat = add(server, admin, "pat", "viewer")
    with browser(server) as stranger:
        wrong = {"name": "pat", "password": "a guess of many"}
        refusals: list[httpx.Response] = []

        def is_to_wait() -> bool:
            refusals.append(stranger.post("/api/session", json=wrong))
            return refusals[-1].status_code == 429

        assert eventually(is_to_wait)
        assert [reply.status_code for reply in refusals[:-1]].count(401) >= 5
        assert int(refusals[-1].headers["retry-after"]) >= 1
        refused(refusals[-1], 429, "too_many_sign_ins")
    right = {"name": "pat", "password": PASSWORD}
    assert pat.post("/api/session", json=right).status_code == 200  # in a browser that is known


def test_nobody_gives_more_than_they_have(server: RunningServer, admin: httpx.Client) -> None:
    wanted = {"name": "helper", "permissions": ["people:manage", "channel:view"]}
    made = admin.post("/api/tokens", json=wanted).json()["data"]
    assert made["token"]["owner"] == "admin"
    SECRETS.add(made["secret"])
    bearer = {"authorization": f"Bearer {made['secret']}"}
    with browser(server, **bearer) as helper:
        assert who(helper)["via"] == "token"
        refused(helper.post("/api/people", json={"name": "eve", "role": "admin"}), 403, "forbidden")
        refused(helper.post(f"/api/people/{id_of(admin)}/invitation"), 403, "forbidden")
        refused(helper.delete(f"/api/people/{id_of(admin)}"), 403, "forbidden")
        refused(helper.get("/api/account/sessions"), 403, "forbidden")
        assert len(helper.get("/api/people").json()["data"]["people"]) >= 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "a b", "role": "viewer"}, 400, "bad_name"),
        ({"name": "admin", "role": "viewer"}, 409, "name_taken"),
        ({"name": "x", "role": "king"}, 422, "invalid"),
        ({"name": "x"}, 422, "invalid"),
        ({"name": "x", "role": "viewer", "channels": ["nowhere"]}, 404, "unknown_channel"),
        ({"name": "x", "role": "viewer", "title": "\x00"}, 422, "invalid"),
    ],
)
def test_what_makes_no_person_is_told(admin: httpx.Client, body: object, status: int, code: str) -> None:
    refused(admin.post("/api/people", json=body), status, code)


def test_the_last_admin_stays_and_nobody_unknown_is_changed(admin: httpx.Client) -> None:
    me = f"/api/people/{id_of(admin)}"
    refused(admin.delete(me), 409, "last_admin")
    refused(admin.patch(me, json={"isDisabled": True}), 409, "last_admin")
    refused(admin.patch("/api/people/nobody", json={"title": "X"}), 404, "unknown_person")
    refused(admin.post("/api/invitation", json={"secret": "isi_no"}), 404, "unknown_invitation")


def test_commands_change_people_beside_the_server(server: RunningServer, admin: httpx.Client) -> None:
    folder = ("--data", str(server.data))
    link = must("users", "add", "rob", "--role", "operator", "-c", "main", "--title", "Rob", *folder)
    rob = accept(server, link.strip().partition("#")[2])
    assert "rob" in must("users", "list", *folder, COLUMNS="200")
    must("users", "change", "rob", "--all-channels", *folder)
    assert eventually(lambda: who(rob)["channels"] is None)
    must("users", "sign-out", "rob", *folder)
    assert eventually(lambda: who(rob)["via"] == "nothing")
    link = must("users", "invite", "rob", "--url", "https://tv.example/", *folder)
    assert link.startswith("https://tv.example/studio/invitation#")
    again = accept(server, link.strip().partition("#")[2])
    must("users", "remove", "rob", *folder)
    assert eventually(lambda: who(again)["via"] == "nothing")
    assert "no person called rob" in insta_stream("users", "invite", "rob", *folder).stderr.lower()
    assert "last admin" in insta_stream("users", "remove", "admin", *folder).stderr
    told = [each for each in activity(admin) if each["kind"] == "command" and "quin" not in each["text"]]
    user = getpass.getuser()
    assert [each["text"].removeprefix(f"{user} on the command line ") for each in reversed(told)] == [
        "added rob",
        "changed the account of rob",
        "signed rob out everywhere",
        "made a new link for rob",
        "removed rob",
        "could not make a new link for rob (unknown person)",
        "could not remove admin (last admin)",
    ]
    (added, changed, *_) = reversed(told)
    rights = {"title": "Rob", "role": "operator", "channels": ["main"], "disabled": False}
    assert added["after"] == {**rights, "storageBytes": "default"}
    assert (changed["before"], changed["after"]) == ({"channels": ["main"]}, {"channels": "all"})
    printed = must("audit", *folder, "--person", added["things"][0]["id"])  # who is gone has an id
    chosen = [line.rpartition("  ")[2] for line in printed.splitlines()]
    assert chosen == ["rob set a password with a link"] * 2
    assert id_of(admin)


def test_a_folder_without_a_database_has_no_people(tmp_path: Path) -> None:
    said = insta_stream("users", "list", "--data", str(tmp_path))
    assert said.returncode == 1
    assert "start the server there once" in " ".join(said.stderr.split())
    assert not list(tmp_path.iterdir())


def test_no_secret_is_in_the_log(server: RunningServer, admin: httpx.Client) -> None:
    written = server.log.read_text()
    for value in (PASSWORD, *admin.cookies.values()):
        assert value not in written


def test_the_audit_log_tells_who_did_what(server: RunningServer, admin: httpx.Client) -> None:
    ina = add(server, admin, "ina", "operator", channels=["kids"], title="Ina")
    ina.headers["user-agent"] = "Firefox/130.0 Linux"
    assert ina.delete("/api/channels/kids/playlist").status_code == 200
    refused(ina.post("/api/channels/news/stream/stop"), 403, "forbidden")
    changed = {"title": "Children", "windowSeconds": 120}
    assert ina.patch("/api/channels/kids", json=changed).status_code == 200
    assert admin.patch("/api/channels/kids", json={"playback": "link"}).status_code == 200
    link = admin.post("/api/channels/kids/links", json={"label": "Grandma"}).json()["data"]
    key = admin.post("/api/playback/keys", json={"label": "Our website"}).json()["data"]
    SECRETS.update((link["folder"].removeprefix("/t/"), key["secret"]))
    assert [each["text"] for each in activity(admin, account=id_of(admin), limit=3)] == [
        "admin made the playback key “Our website”",
        "admin made the link “Grandma” to watch channel Children",
        "admin changed the settings of channel Children",
    ]
    assert admin.patch("/api/channels/kids", json={"playback": "public"}).status_code == 200
    account = id_of(ina)
    admin.patch(f"/api/people/{account}", json={"role": "viewer"})
    assert ina.delete("/api/session").status_code == 200
    *_, accepted, emptied, stopped, settings, left = reversed(activity(admin, account=account))
    assert [each["text"] for each in (accepted, emptied, stopped, settings, left)] == [
        "ina set a password with a link",
        "ina cleared the playlist of channel kids",
        "ina was not allowed to stop channel news",
        "ina changed the settings of channel kids",
        "ina signed out",
    ]
    assert (settings["before"], settings["after"]) == (
        {"title": "kids", "rewindSeconds": 3600},
        {"title": "Children", "rewindSeconds": 120},
    )
    assert (settings["address"], settings["device"], settings["kind"]) == (
        "127.0.0.1",
        "Firefox on Linux",
        "person",
    )
    assert settings["session"]
    assert (stopped["status"], stopped["code"], stopped["action"]) == (403, "forbidden", "channel.stop")
    (demoted, *_) = activity(admin, action="person.change")
    assert demoted["text"] == "admin changed the account of ina"
    assert (demoted["before"], demoted["after"]) == ({"role": "operator"}, {"role": "viewer"})
    (created, *_) = activity(admin, action="token.create")
    assert "tokens" not in str(created["after"])
    day = created["at"][:10]
    assert created in activity(admin, **{"from": f"{day}T00:00:00Z", "action": "token.create"})
    assert not activity(admin, to="2020-01-01T00:00:00Z")
    refused(admin.get("/api/audit", params={"action": "moon.land"}), 422, "invalid")
    with browser(server) as stranger:
        refused(stranger.get("/api/audit"), 401, "unauthorized")


def test_the_audit_log_is_read_in_pages_and_exported_whole(admin: httpx.Client) -> None:
    paged: list[dict[str, Any]] = []
    before: int | None = None
    while True:
        page = admin.get("/api/audit", params={"limit": 7, **({"before": before} if before else {})})
        paged += page.json()["data"]["entries"]
        before = page.json()["data"]["next"]
        if before is None:
            break
    ids = [each["id"] for each in paged]
    assert ids == sorted(set(ids), reverse=True)
    lines = [json.loads(line) for line in admin.get("/api/audit.jsonl").text.splitlines()]
    known = [each for each in lines if each["id"] <= ids[0]]  # what was counted may have come meanwhile
    assert known == paged == activity(admin, before=ids[0] + 1)
    table = list(csv.DictReader(io.StringIO(admin.get("/api/audit.csv").text.removeprefix("\ufeff"))))
    shown = [(int(row["id"]), row["text"]) for row in table if int(row["id"]) <= ids[0]]
    assert shown == [(each["id"], each["text"]) for each in paged]


def test_no_secret_is_in_the_audit_log(admin: httpx.Client) -> None:
    assert len(SECRETS) > 15
    written = admin.get("/api/audit.jsonl").text
    for value in (*SECRETS, *admin.cookies.values()):
        assert value not in written
