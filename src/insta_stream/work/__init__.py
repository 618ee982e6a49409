"""What goes on by itself, once for each data folder: by the process that has the role.

    role          who has it
    workshop      what makes videos and packages, from its begin to its end

Files become videos:
    inspections   what is complete becomes a video or is refused, what is stale goes away
    intake        inspects a file, and makes a video of it
    arrivals      lets a video join the playlist that its sender named

Videos are packaged:
    jobs          one task for each video that is not finished
    packager      makes a package, step by step
    steps         in which order renditions are made
    lane          the few places for what somebody waits for
    watch         listens to FFmpeg, and passes on what it publishes
    headway       tells how far each package is
    shorter       a file that turned out shorter than inspected
    slate         the built-in slate, a hidden video
    leftovers     what a crash has left half done, and what has got lost

Channels:
    follower      a channel is planned anew when what it plays can air otherwise
"""
