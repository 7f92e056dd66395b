"""Reads annotated pictures with the built program, without and with the plate-format plugins, and holds the share of exact
plates to a floor; plugins may make no set worse, with a hint of the region or without.

usage: accuracy.py PROGRAM PLUGINS DATA
"""

import json
import subprocess
import sys

# Exact plates in percent, by row of the table, without plugins and with them but no hint: what has been reached, less a
# margin for other machines' rounding.
FLOORS = {
    "e2e_dev/openalpr_e2e EU": (92.0, 92.0),
    "e2e_dev/openalpr_e2e US": (84.0, 84.0),
    "e2e_dev/openalpr_e2e BR": (94.0, 94.0),
    "read_dev/openalpr_us_crops": (78.0, 78.0),
    "read_dev/openalpr_td_crops BR": (87.0, 87.0),
    "read_dev/openalpr_td_crops EU": (76.0, 80.0),
}


# Plates by which plugins may make a row worse, for the same reason.
SLACK = 1


def main(program: str, plugins: str, data: str) -> int:
    sets = sorted({row.split(" ")[0] for row in FLOORS})
    command = [program, "bench", "plugins", "--json", "--plugins", plugins, *(f"{data}/{name}" for name in sets)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    rows = {row["set"]: row for row in map(json.loads, answer.splitlines())}
    counts = {True: 0, False: 0}

    def hold(what: str, good: bool) -> None:
        counts[good] += 1
        print(f"{what}: {'ok' if good else 'FAILED'}")

    for name, (without_floor, with_floor) in FLOORS.items():
        row = rows[name]
        percent = {key: 100.0 * row[key] / row["plates"] for key in ("without", "with", "hinted")}
        shown = ", ".join(f"{key} {value:.1f} %" for key, value in percent.items())
        hold(f"{name}: {shown} of {row['plates']} exact; floors {without_floor:.1f} and {with_floor:.1f} %",
             percent["without"] >= without_floor and percent["with"] >= with_floor)
        hold(f"{name}: no worse with plugins, without hint and with it",
             min(row["with"], row["hinted"]) >= row["without"] - SLACK)
    print(f"accuracy: {counts[True]} passed, {counts[False]} failed")
    return 1 if counts[False] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
