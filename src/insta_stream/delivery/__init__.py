"""The hot path: playlists and segments, as plain ASGI in front of the API framework."""
