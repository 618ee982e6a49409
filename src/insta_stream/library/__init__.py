"""The library: files come in, become videos, and have packages. What is made of them is `work`.

    library       all of it, as the layers above ask for it
    video         a video as they see it
    views         puts that together
    catalogue     every video and package, in memory and in the database
    holdings      what of them is in memory, and who is told
    names         names made fit to be shown
    titles        what viewers read of a name

Files come in:
    reception     uploads
    forms         those that come in one request each
    transfers     those of all processes, as the database has them
    transfer      the bytes of one
    writer        the body of one request
    part          files of uploads, as a thread writes them
    buffers       how much is held in memory
    writeback     files handed to the disk while they grow
    room          how large a file may be, and how much space there is
    quotas        how much of the disk each person may take
    duplicates    whether the file is there already

Videos have packages:
    profile       how this installation packages
    attempt       the right to write one: of one attempt at a time
    side_by_side  several at once, all to the end or none
    published     what is published, as the disk has it
    recount       looks whether a package has what its row says
    headway       how far each package is, as it was told
    draft         packages of which nothing has been made
    forecast      when it can air, and when it is complete
    verdict       what becomes of it
    whole         work that is done to the end, cancelled or not
    rungs         which rendition serves which rung

What it has, for those who measure it or delete of it (`retention`):
    parts         its parts
    disk_use      where the disk space is
"""
