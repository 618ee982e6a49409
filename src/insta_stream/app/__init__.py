"""The server, put together: the only place that picks adapters and wires them.

Each module makes one thing, complete, of those above it:

    choices     what the settings choose, as the parts take it
    ground      the data folder, FFmpeg, the database, the clock
    accounts    who may do what, and what was done
    house       the videos and the channels
    face        what viewers get: playlists, media, previews, and the gate before them
    checkup     the server's health
    gauges      its numbers for Prometheus
    exchange    the beat at which it meets the other processes
    demo        a channel on the air a moment after the first start
    life        of a process, from its start to its end
    backstage   what one process does for all, and one that does nothing else
    server      the application that answers

Nothing works by itself before everything is there: then the background tasks begin (`server`), and they end
before anything else does.
"""
