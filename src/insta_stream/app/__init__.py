"""The server, put together: the only place that picks adapters and wires them.

Each module makes one thing, complete, of those above it:

    choices     what the settings choose, as the parts take it
    ground      the data folder and its lock, FFmpeg, the database, the clock
    accounts    who may do what, and what was done
    house       the videos and the channels
    face        what viewers get: playlists, media, previews, and the gate before them
    checkup     the server's health
    gauges      its numbers for Prometheus
    demo        a channel on the air a moment after the first start
    server      the application, from its start to its end

Nothing works by itself before everything is there: then the background tasks begin (`server`), and they end
before anything else does.
"""
