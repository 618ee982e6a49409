"""What a browser calls itself, in words that people recognize."""

from collections.abc import Mapping

_UNKNOWN = "Unknown browser"

_BROWSERS: Mapping[str, str] = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
    "curl/": "curl",
    "python": "Python",
}
"""By what stands in their User-Agent. Most call themselves by the names of others, too, so the order matters.
"""

_SYSTEMS: Mapping[str, str] = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def device(user_agent: str) -> str:
    """Return the browser and the system that a User-Agent names."""
    browser = _first(_BROWSERS, user_agent) or _UNKNOWN
    system = _first(_SYSTEMS, user_agent)
    return f"{browser} on {system}" if system else browser


def _first(names: Mapping[str, str], text: str) -> str:
    return next((name for part, name in names.items() if part in text), "")
