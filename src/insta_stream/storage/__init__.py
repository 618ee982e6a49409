"""The data folder: files, whose they are, and what is kept in them besides videos.

folder        where everything is, and how much room there is
installation  which folders belong together
fence         whether an edit is being stored, by any process of this machine
offset        what the clocks of all processes of this machine share
bulletin      what the processes of this machine tell each other
debts         who asks how often, as all processes of this machine know it
lock          files and folders that one process holds
workplace     this process's folder for what is not finished
mark          how far the clock has got
reserve       room that is kept for when the disk is full
"""
