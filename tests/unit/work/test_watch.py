import asyncio
from collections.abc import Mapping

import pytest
from tests.support.waiting import until

from insta_stream.errors import DiskFull, InstaStreamError, NotReady
from insta_stream.media.encoding import EncodingProgress
from insta_stream.work import watch as watching
from insta_stream.work.watch import Watch


async def test_what_gathers_is_written_in_one_go() -> None:
    written: list[tuple[dict[str, int], float]] = []
    heard: list[EncodingProgress] = []

    async def publish(counts: Mapping[str, int], speed: float) -> None:
        written.append((dict(counts), speed))

    watch = Watch(publish, heard.append)
    writer = asyncio.create_task(watch.write())
    watch.on_progress(EncodingProgress(1, 10, 25.0, 1.5, None))
    watch.on_progress(EncodingProgress(2, 10, 25.0, 7.8e11, None))  # FFmpeg says such things
    watch.on_published("360p", 1)
    watch.on_published("240p", 1)
    watch.on_published("240p", 2)
    watch.close()
    await writer
    assert written == [({"360p": 1, "240p": 2}, 1.5)]
    assert [progress.speed for progress in heard] == [1.5, 1.5]


async def test_nothing_more_is_awaited_once_all_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "GATHER_SECONDS", 600)
    written: list[dict[str, int]] = []

    async def publish(counts: Mapping[str, int], _speed: float) -> None:
        written.append(dict(counts))

    watch = Watch(publish, lambda _: None)
    watch.on_published("240p", 1)
    writer = asyncio.create_task(watch.write())
    await asyncio.sleep(0)  # it has begun to wait for more
    watch.on_published("240p", 2)
    watch.close()
    await asyncio.wait_for(writer, 10)
    assert written == [{"240p": 2}]


@pytest.mark.parametrize("refusal", [DiskFull(), NotReady()])
async def test_what_cannot_be_written_now_is_written_later(
    monkeypatch: pytest.MonkeyPatch, refusal: InstaStreamError
) -> None:
    monkeypatch.setattr(watching, "RETRY_SECONDS", 0.0)
    refusals: list[InstaStreamError] = [refusal] * 2
    written: list[dict[str, int]] = []

    async def publish(counts: Mapping[str, int], _speed: float) -> None:
        if refusals:
            watch.on_published("240p", 2)
            raise refusals.pop()
        written.append(dict(counts))

    watch = Watch(publish, lambda _: None)
    writer = asyncio.create_task(watch.write())
    watch.on_published("360p", 1)
    await until(lambda: bool(written) or writer.done(), 10)
    assert written == [{"360p": 1, "240p": 2}]
    refusals.append(refusal)
    watch.close()
    watch.on_published("240p", 3)
    with pytest.raises(type(refusal)):  # FFmpeg has ended: whoever waits for this is to know
        await asyncio.wait_for(writer, 10)
