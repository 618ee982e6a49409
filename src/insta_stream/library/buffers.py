"""How much of what comes in is held in memory before it is written."""

BUFFER_BYTES = 1 << 20
_LEAST_BUFFER_BYTES = 1 << 16
_ALL_BUFFERS_BYTES = 64 << 20


class Buffers:
    """Shares memory among those who write: many get less each."""

    def __init__(self) -> None:
        self.writers = 0

    @property
    def bytes_each(self) -> int:
        """How much one writer may hold."""
        return min(BUFFER_BYTES, max(_LEAST_BUFFER_BYTES, _ALL_BUFFERS_BYTES // max(1, self.writers)))
