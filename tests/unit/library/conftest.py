import os

import pytest
from tests.unit.library.disk import STEP, Disk

from insta_stream.library import writeback


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """What is handed to the disk, in small steps."""
    made = Disk()
    monkeypatch.setattr(writeback, "STEP_BYTES", STEP)
    monkeypatch.setattr(writeback, "_sync_file_range", lambda: made.sync_file_range)
    monkeypatch.setattr(os, "fsync", made.fsync)
    return made
