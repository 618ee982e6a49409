"""Backups: a whole data folder at one instant, in a folder or a tar file, and the way back.

seal      what a backup says of itself, and the names of its parts
content   the database at one instant, and which files belong to it
target    where a backup is written: folder or tar file
source    where it is read from, and whether it is whole
reader    reads a file once: hashes it, and tells how far it is
save      makes a backup
restore   makes a data folder of one
"""
