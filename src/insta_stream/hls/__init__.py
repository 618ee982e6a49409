"""HLS as values: playlists, their text, the rules they obey, and what an MPEG-TS segment holds.

    playlist    playlists as values
    render      playlists as text
    parse       text as playlists
    continuity  whether one text goes on from another
    rules       the rules that our channels keep
    mpegts      reads a segment
    h264        what the first picture of a segment tells
    adts        AAC, as a segment carries it
    opening     how a segment opens

Pure and of the standard library only: no clock, no I/O, no server.
"""
