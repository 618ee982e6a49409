"""Insta-Stream: package once, play forever.

A video is encoded once, when it comes in. From then on a channel is arithmetic: what it airs at an instant is
a function of its timeline and the clock. Imports point down this list; `pyproject.toml` has the contract.

What runs:
    __main__       `python -m insta_stream`
    cli            the command line
    app            picks the adapters and wires them together
    backup         a whole data folder, saved and restored
    simulation     a channel ahead of time

What others see:
    api            the HTTP API and the pages beside it
    delivery       playlists and segments, the hot path
    check          a channel, watched from outside as players watch it
    health         how the server is

What it is about:
    work           what goes on by itself, once for each data folder
    retention      what is deleted, when and why
    channels       what is on air, and every edit of it
    library        uploads, videos and their packages
    access         who may do what
    db             the tables, and the statements on them
    storage        the data folder
    media          files inspected, planned, encoded and verified

The pure core:
    hls            playlists as values and text, and the rules that they obey
    timeline       what a channel airs at any instant

What everything stands on:
    addresses      where a server is found, by this machine and by others
    configuration  finds the settings, and words what is wrong with one
    settings       everything that an operator can choose
    setting        what a setting is
    clock          the wall clock without its jumps
    logs           one pipeline for every line of the log
    metrics        what Prometheus may ask about
    duties         the owner of background tasks
    garbage        Python's garbage collector, kept from holding viewers up
    components     what this installation is made of, with the licences
    zone           the time zone of this machine
    errors         everything that can go wrong, as one tree
    ids            the names of things, one type for each
    ticks          time as whole numbers of one unit
    origins        origins of web pages, as browsers write them
    proxies        where requests come from, also behind proxies
    pace           how fast each of many may ask
    turns          long work of threads, a little at a time
"""

__version__ = "0.1.0"
