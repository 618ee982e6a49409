"""The HTTP API and the pages beside it: what strangers may ask, and in which words they are answered.

The application:
    application        routes, errors, checks and the web UI as one ASGI application
    services           what the routes work with
    pages              the web UI, and the description of the API
    files              files, answered in part or as known already
    scrapes            a port of its own for metrics and health
    events             everything that changes, over one WebSocket

Who asks, and what for:
    guard              the checks that come before any route
    callers            who asks: by the address, a token or a session
    hostname           the name in a Host header
    cross_origin       what browsers are told about pages of other origins
    cookies            what a browser keeps of a session
    devices            what a browser calls itself, in words
    attempts           wrong tokens, and who has to wait
    permits            routes that name their permission and their action
    acts               what a request does, for the audit log
    recording          writes that down before the reply begins
    edits              what an edit of a channel changed, in a few words

Channels:
    channels           channels and their settings
    slugs              of which channel a route speaks
    playlists          what a channel plays
    transport          start, stop, pause, resume, skip
    showings           what airs between two instants
    guide              what airs and what has aired
    listings           the guide as XMLTV, the channels as M3U
    spreadsheet        the guide and the logs as CSV
    tv                 addresses of the listings that need no token
    links              addresses that work without the token for a while
    playback           who may watch: addresses, links and keys

Videos:
    videos             the library
    originals          the file that was uploaded
    upload             an upload as one multipart body
    form               a multipart form, taken apart as it comes
    tus                resumable uploads
    tus_headers        what tus says in headers
    retention          what the disk space is used for, and what is given back when

People and programs:
    session            signing in and out
    sso                signing in by another service
    account            one's own account
    people             who can sign in
    invitation         invitations, and how they are accepted
    tokens             API tokens
    audit              the audit log

The server:
    health             whether it lives, works, and how it is
    about              what runs here, with the licences
    topics             the topics of events by plain requests

Bodies:
    chunks             long replies, sent while they are made
    channel_texts      channels as JSON, kept while they say the same
    wire               how values go over the wire
    bodies             JSON bodies while they come in, bounded
    patience           waiting for what is only a matter of time
    problems           errors as replies
    views              how values of the services look on the wire
    account_views      how accounts look
    health_views       how health looks
    channel_schemas    bodies of channels
    playlist_schemas   bodies of playlists
    transport_schemas  bodies of what a channel is doing
    video_schemas      bodies of videos
    retention_schemas  bodies of disk space
    health_schemas     bodies of health
"""
