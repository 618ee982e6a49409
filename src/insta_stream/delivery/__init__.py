"""The hot path: playlists and segments, as plain ASGI in front of the API framework.

The server:
    server      uvicorn with our connections
    connection  one client, answered at once where a reply is ready
    sending     the reply to a request that is asked as ASGI has it
    sendfile    files from the page cache to the network
    websocket   one client's WebSocket
    tls         the certificate, read anew when it changes
    leave       how a server is told to leave its clients to another one

Requests:
    dispatch    which part of the server answers
    admission   who may watch a channel
    gate        the same addresses under `/t/{pass}`
    paced       the hot path where viewers may ask only so often
    http        what all replies have in common
    ranges      byte ranges of a file

What viewers get:
    playlists   playlists, kept until the instant at which they change
    rewind      the long ones, made when somebody goes back
    early       waiting for the first segment
    view        what a broadcast shows at an instant
    page        a playlist as it goes over the wire
    media       segments and pictures
    reach       which packages channels show now
    preview     one video by itself
    programmes  what is on, for the pages of viewers

What is seen of it:
    viewers     how many people watch
    audit       what is served, held against its promises
    patrol      audits every channel on the air
"""
