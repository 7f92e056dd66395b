"""Reads annotated pictures with the built program, without and with the plate-format plugins, and holds the share of exact
plates to a floor; plugins may make no set worse, with a hint of the region or without. Then looks for the plates of other
pictures with the detector alone and holds the share that it finds to a floor.

usage: accuracy.py PROGRAM PLUGINS DATA
"""

import json
import subprocess
import sys

# Exact plates in percent, by row of the table: without plugins, with them but no hint, and with a hint of the region. What
# has been reached, less a margin for other machines' rounding; None is held to nothing.
FLOORS = {
    "e2e_dev/openalpr_e2e EU": (94.0, 96.0, 96.0),
    "e2e_dev/openalpr_e2e US": (82.0, 84.0, 85.0),
    "e2e_dev/openalpr_e2e BR": (87.0, 89.0, 91.0),
    "read_dev/openalpr_us_crops": (87.0, 87.0, 87.0),
    "read_dev/openalpr_td_crops BR": (88.0, 89.0, 90.0),
    "read_dev/openalpr_td_crops EU": (94.0, 94.0, 94.0),
    "read_dev/openalpr_td_crops others": (87.0, 88.0, 93.0),
    "read_dev/lprnet_cn_crops": (90.0, 91.0, 93.0),
}

# Plates found in percent, at an overlap of at least half, by set; None is held to nothing.
RECALL_FLOORS = {
    "detect_dev/openlpr": 95.0,
    "detect_dev/romania": 98.0,
}

# How pictures are given to the detector for RECALL_FLOORS.
INPUT_SIZE = "960"

# Plates by which plugins may make a row worse, for the same reason.
SLACK = 1


def rows_of(*command: str) -> dict[str, dict]:
    """The rows of a table that the program prints as JSON, by set."""
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {row["set"]: row for row in map(json.loads, answer.splitlines()) if "set" in row}


class Checks:
    """Counts and prints what holds and what does not."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def hold(self, what: str, good: bool) -> None:
        self.passed += good
        self.failed += not good
        print(f"{what}: {'ok' if good else 'FAILED'}")


def check_reads(checks: Checks, program: str, plugins: str, data: str) -> None:
    sets = sorted({row.split(" ")[0] for row in FLOORS})
    rows = rows_of(program, "bench", "plugins", "--json", "--plugins", plugins, *(f"{data}/{name}" for name in sets))
    for name, floors in FLOORS.items():
        row = rows[name]
        shares = {key: 100.0 * row[key] / row["plates"] for key in ("without", "with", "hinted")}
        shown = ", ".join(f"{key} {share:.1f} %" for key, share in shares.items())
        held = [(share, floor) for share, floor in zip(shares.values(), floors) if floor is not None]
        wanted = ", ".join(f"{floor:.1f}" for _, floor in held)
        checks.hold(f"{name}: {shown} of {row['plates']} exact; floors {wanted} %",
                    all(share >= floor for share, floor in held))
        checks.hold(f"{name}: no worse with plugins, without hint and with it",
                    min(row["with"], row["hinted"]) >= row["without"] - SLACK)


def check_recall(checks: Checks, program: str, data: str) -> None:
    held = {name: floor for name, floor in RECALL_FLOORS.items() if floor is not None}
    if not held:
        return
    folders = (f"{data}/{name}" for name in held)
    rows = rows_of(program, "bench", "detect", "--json", "--input-size", INPUT_SIZE, *folders)
    for name, floor in held.items():
        row = rows[name]
        recall = 100.0 * row["recall_50"]
        checks.hold(f"{name}: {recall:.1f} % of {row['plates']} plates found; floor {floor:.1f} %", recall >= floor)


def main(program: str, plugins: str, data: str) -> int:
    checks = Checks()
    check_reads(checks, program, plugins, data)
    check_recall(checks, program, data)
    print(f"accuracy: {checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
