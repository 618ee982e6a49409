"""The pure core: what a channel airs at any instant, as a function of values.

    table      how one video is divided into segments
    playable   what may be aired of one video at this moment
    program    slots in order, repeated for ever: positions by arithmetic
    run        a program on the clock, with its numbers
    timeline   all that is known of a channel: its runs, its order, its state
    plan       what airs from a position on
    cut        where an edit acts, and how new runs are sewn on
    place      where in the playlist a channel goes on after an edit
    edit       every change of a timeline
    window     what a media playlist lists at an instant
    airings    the guide, the as-run log and what is on the air
    guide      what a guide lists: showings, those of a short video together
    restore    what becomes of a timeline that comes from a backup
    retention  what the past still needs, and what may be forgotten
    typed      whether what was read is of its declared types
    codec      the same values as JSON

Nothing here reads a clock, a file or a database.
"""
