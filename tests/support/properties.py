"""How many examples Hypothesis tries of a property; what conftest.py loads is where all properties begin."""

import os

from hypothesis import settings
from tests.support.depth import by_depth

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

# CI tries the same examples every time; elsewhere each run explores new ones. How long one may take is up to
# the machine. The examples of most properties are values, and values of each kind come early.
ours = settings(max_examples=by_depth(50, 400), deadline=None, derandomize=IN_CI)

thorough = settings(ours, max_examples=by_depth(50, 1000))
"""For properties of histories, and of what strangers send."""
