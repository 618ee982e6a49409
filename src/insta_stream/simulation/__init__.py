"""Simulation: a channel's air ahead of time. Nothing is written, and no time passes.

outlook   a channel's time to come, from beginning to end
scenario  a channel and its videos, from a copy of a data folder's database
walk      steps through the time to come, and checks what viewers are promised
report    what airs when: by video, by day, and what does not
"""
