"""Channels: what is on air, who changes it, and what becomes of it.

A channel is one immutable value, held in memory and replaced whole by one edit at a time.

    channels  all of it, wired

A channel:
    channel   the value that every request sees
    slug      which names it may have in URLs
    fields    what its settings may be
    defaults  what a new one is given
    store     channels in the database
    shown     the channels as this process shows them, by a lease
    plays     which channels play which videos

Changing it:
    registry  makes channels, changes their settings, deletes them
    editor    one edit, in one transaction
    planner   what an edit makes of a channel
    playlist  what it plays, and in which order
    stream    whether it is on the air, and where in its playlist

What happens by itself:
    growth    when to plan anew
    absent    entries of deleted videos, kept for the day that these are restored
    shelf     what channels ask of the library
    slate     which video covers the gaps
    standby   a channel that shows nothing but its slate, and why

What becomes of it:
    history   what channels remember, as those ask who delete
    naming    which packages runs name
    usage     what channels have of some videos
    restore   channels that come from a backup, or from a clock that was ahead
"""
