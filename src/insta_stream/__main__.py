"""`python -m insta_stream`."""

from insta_stream.cli import main

main()
