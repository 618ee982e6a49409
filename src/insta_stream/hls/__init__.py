"""HLS as values: playlists, their text, the rules they obey, and what an MPEG-TS segment holds.

Pure and of the standard library only: no clock, no I/O, no server.
"""
