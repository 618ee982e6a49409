"""Names in the shared collection of real video files."""

PACKAGED_ALONE = (
    "screencast-vfr-awesome movie.mov",
    "anamorphic-sar-3x2.mp4",
    "iphone-rotated-portrait.mov",
    "camcorder-1080i2997.mts",
    "hevc-main10-hlg.mov",
    "no-audio-start-0.226.mp4",
    "bbb-720p25-5.1.mp4",
    "green-scte35-h264.ts",
    "screencast-mpeg2-open-gop.mpeg",
    "lecture-h264-aac.flv",
    "edit-list-9s.mp4",
    "canon-mjpeg-pcm.avi",
    "truncated-flower.mp4",
)
"""Those that each run packages one by one; a quick one uploads the others to a server."""
