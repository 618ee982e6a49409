"""Deletion: what goes, why and when, and how that is done so that no player misses a segment.

    policy    everything that is ever deleted, why, and from which instant on: a pure function over facts
    janitor   brings the facts together, of library and channels, and has done what is due
    disposal  carries one deletion out, if it is still right

Nothing is deleted elsewhere, but for what was never shown to anybody: uploads that were given up, and what
crashes leave behind.
"""
