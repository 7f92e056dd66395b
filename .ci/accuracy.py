"""Reads annotated pictures with the built program and holds the share of exact plates to a floor.

usage: accuracy.py PROGRAM DATA
"""

import json
import subprocess
import sys

# Exact plates in percent, by set and country group: what has been reached, less a margin for other machines' rounding.
FLOORS = {
    "e2e_dev/openalpr_e2e": {"EU": 92.0, "US": 84.0, "BR": 94.0},
}


def main(program: str, data: str) -> int:
    passed = failed = 0
    for name, floors in FLOORS.items():
        command = [program, "bench", "reads", f"{data}/{name}", "--json"]
        answer = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        for group, floor in floors.items():
            seen = answer["groups"][group]
            exact = 100.0 * seen["exact"] / seen["plates"]
            good = exact >= floor
            passed, failed = passed + good, failed + (not good)
            verdict = "ok" if good else "FAILED"
            print(f"{name} {group}: {seen['exact']} of {seen['plates']} exact, {exact:.1f} %, floor {floor:.1f} %: {verdict}")
        print(f"{name}: {answer['ms_per_image']:.0f} ms a picture")
    print(f"accuracy: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
