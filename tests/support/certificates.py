"""Certificates for tests, which nobody but a test trusts."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Made:
    """Two files of PEM."""

    certificate: Path
    key: Path

    @property
    def shown(self) -> bytes:
        """What clients see of it in a handshake."""
        return ssl.PEM_cert_to_DER_cert(self.certificate.read_text())

    def take(self, other: "Made") -> None:
        """Become another pair, in the same places, as by a program that renews certificates."""
        for mine, others in ((self.certificate, other.certificate), (self.key, other.key)):
            fresh = mine.with_suffix(".new")
            shutil.copy(others, fresh)
            fresh.rename(mine)


def make(folder: Path, name: str, days: int = 90) -> Made:
    """Make a certificate for this machine's names."""
    made = Made(folder / f"{name}.pem", folder / f"{name}.key")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=test", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-days", str(days), "-keyout", made.key, "-out", made.certificate]
    command = ["openssl", "req", "-x509", *curve, *names, *files]
    subprocess.run(command, check=True, capture_output=True)
    return made
