"""What FFmpeg says of a file in words."""

from insta_stream.media.outline import Crop, read

TEXT = """Input #0, mpegts, from '':
  Duration: 00:00:01.02, start: 1.456778, bitrate: 508 kb/s
  Program 1 First
    Metadata:
      service_name    : One
                      : Stream #0:7
  Stream #0:0[0x100]: Video: h264 (High), yuv420p(progressive), 320x180, 25 fps, 25 tbr, 90k tbn
    Side data:
      Frame Cropping: 40/60/20/30
  Stream #0:1[0x101](deu): Audio: aac (LC), 44100 Hz, mono, fltp, 73 kb/s
  Program 22 
  Stream #0:2: Video: h264 (High), yuv420p(progressive), 640x360, 25 fps, 25 tbr, 90k tbn
  Stream #0:1[0x101](deu): Audio: aac (LC), 44100 Hz, mono, fltp, 73 kb/s
  No Program
  Stream #0:3[0x103]: Audio: aac (LC)
    Side data:
      Display Matrix: rotation of -180.00 degrees
"""  # noqa: W291 - as FFmpeg writes it


def test_programmes_and_crops_are_of_their_tracks() -> None:
    found = read(TEXT)
    assert found.programmes == {0: frozenset({1}), 1: frozenset({1, 22}), 2: frozenset({22})}
    assert found.crops == {0: Crop(left=40, right=60, top=20, bottom=30)}


def test_most_files_have_neither() -> None:
    assert read("Input #0, matroska,webm, from '':\n  Stream #0:0: Video: vp8\n") == read("")
