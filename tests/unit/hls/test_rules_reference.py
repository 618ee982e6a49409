"""docs/reference/hls-rules.md and the code name the same rules, in the same words."""

import ast
import re
from pathlib import Path

from tests.unit.hls.test_rules import BROKEN, NEEDS_A_CHANNEL

from insta_stream.hls import rules
from insta_stream.hls.rules import MODULES, RULES

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "docs/reference/hls-rules.md"
UNIT = "`tests/unit/hls/test_rules.py`"
LIVE = "`tests/integration/test_check.py`"


def rows() -> dict[str, str]:
    """Return the rows that the code asks for, by code."""
    found = {}
    for module in MODULES:
        where = f"`hls/rules/{module.__name__.rpartition('.')[2]}.py`"
        for rule in module.RULES:
            test = UNIT if rule.code in BROKEN else LIVE
            cells = (f"`{rule.code}`", rule.severity, rule.demand, rule.source, where, test)
            found[rule.code] = f"| {' | '.join(cells)} |"
    return found


def test_every_rule_has_its_row_and_every_row_its_rule() -> None:
    written = [line for line in REFERENCE.read_text().splitlines() if line.startswith("| `")]
    assert written == list(rows().values())


def test_no_code_is_given_twice_and_no_rule_is_left_out() -> None:
    folder = Path(rules.__file__).parent
    declared = [
        node.args[0].value
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("error", "warning")
        and isinstance(node.args[0], ast.Constant)
    ]
    assert sorted(map(str, declared)) == sorted(RULES)


def test_codes_are_capitals_and_every_rule_cites_a_source() -> None:
    for code, rule in RULES.items():
        assert re.fullmatch(r"[A-Z]+(-[A-Z]+)*", code)
        assert rule.demand.endswith(".")
        assert rule.source


def test_the_rules_that_need_a_channel_are_tested_with_one() -> None:
    scenarios = (ROOT / "tests/integration/test_check.py").read_text()
    assert [code for code in sorted(NEEDS_A_CHANNEL) if f'"{code}"' not in scenarios] == []
