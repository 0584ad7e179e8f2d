"""The mutation test of the suites: `python tests/nights/mutate.py DATA` damages a published night in every known way.

DATA is a data folder of the demo. Writes the list and result into docs/quality.md. Ends with 1 if the undamaged night fails
or a damage is found by nothing, which is a defect of the suites.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from damage_bench import SUITES, caught, workbench
from damages import DAMAGES

PAGE = "docs/quality.md"
HEAD = "| damage | found by | severity | others that find it |\n| --- | --- | --- | --- |\n"
MARK = "<!-- made by tests/nights/mutate.py -->\n"


def rows_of(page: str) -> dict[str, str]:
    """Damage and expectation of each row of the page."""
    listed = page.partition(MARK)[2]
    return dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \| (?:critical|warning) \|", listed, re.MULTILINE))


def main(data: Path) -> int:
    rows, missed = [], []
    with workbench(data / "warehouse.duckdb") as db:
        before = caught(db, [])
        for name, damage in DAMAGES.items():
            found = caught(db, damage.statements)
            others = len(found) - (damage.found_by in found)
            rows.append(
                f"| {name} | {damage.found_by} | {found[damage.found_by].severity if damage.found_by in found else 'MISSED'} | {others} |"
            )
            missed += [] if damage.found_by in found else [name]
            print(rows[-1], flush=True)
    told = f"{len(SUITES)} expectations; undamaged, {len(before)} of them fail; {len(DAMAGES)} damages, {len(missed)} missed.\n\n"
    page = Path(__file__).parents[2] / PAGE
    page.write_text(page.read_text().partition(MARK)[0] + MARK + "\n" + told + HEAD + "\n".join(rows) + "\n")
    print(told, *before, *missed)
    return 1 if before or missed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
