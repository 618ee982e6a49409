"""The HTTP API and the pages beside it: what strangers may ask, and in which words they are answered."""
