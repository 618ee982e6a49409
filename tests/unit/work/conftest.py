from tests.unit.channels.conftest import desk, hands, shelf, studio

__all__ = ["desk", "hands", "shelf", "studio"]
