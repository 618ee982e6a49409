"""Of which channel a route speaks: the main one, or the one in its address."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Path

from insta_stream.channels.slug import MAIN
from insta_stream.ids import ChannelSlug

SlugOf = Callable[..., Awaitable[ChannelSlug]]


async def main_channel() -> ChannelSlug:
    """Return the main channel, for the routes without a channel in their address."""
    return MAIN


async def named_channel(
    slug: Annotated[str, Path(description="The channel.", examples=["main"])],
) -> ChannelSlug:
    """Return the channel in the address; the registry says whether there is one."""
    return ChannelSlug(slug)


Slug = Annotated[ChannelSlug, Depends(named_channel)]
