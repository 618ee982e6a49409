"""Check the web pages: their types, their unit tests, and that they build.

python tools/web.py check
python tools/web.py build
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from hatch_build import build, find_node, install  # noqa: E402 - the build's own way to find Node


def main(task: str) -> int:
    """Do `task`; return the exit status."""
    build(ROOT)
    if task == "build":
        return 0
    web = ROOT / "web"
    install(web)
    node, modules = find_node()[0], web / "node_modules"
    checks = (
        ["svelte-check/bin/svelte-check", "--fail-on-warnings", "--output", "human"],
        ["vitest/vitest.mjs", "run", "--reporter=dot"],
    )
    statuses = [
        subprocess.run([node, str(modules / program), *arguments], cwd=web, check=False).returncode
        for program, *arguments in checks
    ]
    return max(statuses)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
