"""Files of strangers: inspected, planned, encoded and verified, in processes that can do no harm.

What a file is:
    inspect      inspection, in a child process with limits
    probe        that child
    survey       one pass over a whole file
    tracks       its tracks, packet by packet
    choice       which of them air
    boxes        what the boxes of an MP4 tell
    outline      what FFmpeg says of a file in words
    sniff        what a file is that is no video
    samples      pictures decoded here and there
    cadence      the rhythm of a picture track
    jitter       how far its timestamps stray
    orientation  which way up it is shown
    shapes       the shape of its pixels
    sizes        the size of a picture, from its header
    h264         the NAL units of a picture
    judge        what was found, as an inspection or a refusal
    cautions     what a person should know of an accepted video

What is made of it:
    model        inspections and plans, as values
    stored       both as JSON
    ladder       the quality steps
    ceilings     what a broadcast declares of them
    plan         which renditions a video gets, and where its segments begin
    cutting      where it can be cut without encoding

Making it:
    encoding      makes renditions, and publishes what is verified
    line         one rendition under way
    verify       compares a segment with the plan
    command      FFmpeg's commands as values
    picture      their filters for the picture
    sound        their filters and options for the sound
    mixing       any channels as stereo
    poster       poster and thumbnails
    slate        the built-in slate
    lettering    words without a font
    demo         clips to show a channel with

Processes:
    process      a child, bounded and never left behind
    guardian     stands between us and it
    feed         one FFmpeg that another feeds
    ffmpeg       which FFmpeg there is, and what it can do
    memory       how much memory a child may take
"""
