"""Whether a process does what is to be done once: packaging, schedules, clean-up."""

from insta_stream.health.check import Finding
from insta_stream.work.role import Role


class BackgroundWatch:
    """Looks whether somebody has the role, for a server that never takes it itself."""

    def __init__(self, role: Role) -> None:
        self._role = role
        self._was_filled = True

    async def look(self) -> Finding:
        """Return what there is to say. For a moment nobody may have it: from one process to the next."""
        was_filled, self._was_filled = self._was_filled, self._role.is_filled()
        if was_filled or self._was_filled:
            return Finding("ok", "OK.")
        return Finding(
            "degraded",
            "No process encodes videos, inspects uploads or updates schedules. Channels keep playing.",
            "Start `insta-stream work` on this data folder, or the server without `--no-work`.",
        )
