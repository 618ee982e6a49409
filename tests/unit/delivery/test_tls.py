"""A certificate that is read anew while it is in use, and what is said of those that cannot be."""

import asyncio
import io
import json
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.certificates import Made, make
from tests.support.logging import kept_logging
from tests.support.waiting import until

from insta_stream import logs
from insta_stream.delivery import tls
from insta_stream.delivery.tls import Certificate, valid_certificate
from insta_stream.errors import BadSettings
from insta_stream.health.check import Finding


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Made]:
    folder = tmp_path_factory.mktemp("pairs")
    return make(folder, "old"), make(folder, "new", days=400)


@pytest.fixture
def used(tmp_path: Path, pairs: tuple[Made, Made]) -> Made:
    """The files that a server was told of."""
    made = Made(tmp_path / "used.pem", tmp_path / "used.key")
    made.take(pairs[0])
    return made


@pytest.fixture
def certificate(used: Made) -> Certificate:
    return Certificate(used.certificate, used.key)


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    with kept_logging():
        logs.configure("json", "info", stream := io.StringIO())
        yield stream


def shown(certificate: Certificate, name: str | None) -> bytes:
    """Return what a client sees, which asks for a name or for none."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(back, there, server_hostname=name)
    server = certificate.context.wrap_bio(there, back, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return client.getpeercert(binary_form=True) or b""


@pytest.mark.parametrize("name", ["localhost", None])
def test_new_clients_see_the_files_as_they_are(
    certificate: Certificate, used: Made, pairs: tuple[Made, Made], name: str | None
) -> None:
    assert shown(certificate, name) == pairs[0].shown
    used.take(pairs[1])
    certificate.reload()
    assert shown(certificate, name) == pairs[1].shown


async def test_files_that_change_are_noticed(
    certificate: Certificate, used: Made, pairs: tuple[Made, Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "LOOK_SECONDS", 0.01)
    watch = asyncio.create_task(certificate.watch())
    before = certificate.pair
    await asyncio.sleep(0.03)
    assert certificate.pair is before
    used.take(pairs[1])
    await until(lambda: certificate.pair is not before)
    watch.cancel()


def half_written(used: Made, new: Made) -> None:
    text = new.certificate.read_bytes()
    used.certificate.write_bytes(text[: len(text) // 2])


def only_one_of_two(used: Made, new: Made) -> None:
    used.certificate.write_bytes(new.certificate.read_bytes())


def gone(used: Made, _new: Made) -> None:
    used.key.unlink()


def locked(used: Made, _new: Made) -> None:
    command = ["openssl", "ec", "-in", used.key, "-aes128", "-passout", "pass:secret", "-out", used.key]
    subprocess.run(command, check=True, capture_output=True)


Harm = Callable[[Made, Made], None]
BROKEN: list[Harm] = [half_written, only_one_of_two, gone, locked]


@pytest.mark.parametrize("harm", BROKEN)
async def test_a_pair_that_cannot_be_used_leaves_the_one_before_in_place(
    certificate: Certificate, used: Made, pairs: tuple[Made, Made], harm: Harm, said: io.StringIO
) -> None:
    harm(used, pairs[1])
    certificate.reload()
    certificate.reload()
    assert shown(certificate, "localhost") == pairs[0].shown
    (line,) = map(json.loads, said.getvalue().splitlines())
    assert (line["event"], str(used.key) in line["reason"]) == ("certificate_refused", True)
    finding = await valid_certificate(certificate)
    assert (finding.state, "still in use" in finding.message) == ("degraded", True)
    used.take(pairs[1])
    certificate.reload()
    assert (await valid_certificate(certificate)).state == "ok"


@pytest.mark.parametrize("harm", BROKEN)
def test_a_server_does_not_start_with_a_pair_that_cannot_be_used(
    used: Made, pairs: tuple[Made, Made], harm: Harm
) -> None:
    harm(used, pairs[1])
    with pytest.raises(BadSettings, match="tls_certificate") as caught:
        Certificate(used.certificate, used.key)
    assert str(used.key) in caught.value.message


async def test_a_certificate_is_looked_at_before_it_expires(certificate: Certificate) -> None:
    made = datetime.now(UTC)
    expires = certificate.pair.expires
    assert expires is not None
    assert abs(expires - made - timedelta(days=90)) < timedelta(days=1)

    async def found(days: float) -> Finding:
        return await valid_certificate(certificate, lambda: expires - timedelta(days=days))

    assert await found(15) == Finding("ok", f"Valid until {expires:%Y-%m-%d}.")
    soon, over = await found(13), await found(-1)
    assert (soon.state, "expires on" in soon.message) == ("degraded", True)
    assert (over.state, "expired on" in over.message) == ("degraded", True)
    certificate._pair = replace(certificate.pair, expires=None, fault="certificate has expired")
    refused = await valid_certificate(certificate)
    assert (refused.state, "certificate has expired" in refused.message) == ("degraded", True)
