"""/api/events: everything that changes, over one WebSocket. docs/reference/events.md is its contract.

    topics      what one can subscribe to
    frames      what clients send
    feed        the value of one topic, and what has changed of it since anybody looked: pure
    values      the values of the topics that are read whole
    videos      the value of the topic that is too long for that
    live        a topic that somebody reads, kept up to date
    reader      what one client has got, and is to get
    hub         who reads what
    follow      passes on what changes to the hub
    wire        text frames over ASGI
    connection  one client

Nothing is queued for a client: its reader remembers which version of each topic was sent, and a feed says
what is new since then. So a slow reader costs no memory, and gets fewer, larger steps.
"""
