"""Counts, for each top-level folder, how many images show no face, one face or several.

usage: lifesign check --json FOLDER | python3 tools/faces_per_set.py FOLDER
Reads the JSON lines of `lifesign check` and prints a Markdown table. Needs nothing but Python.
"""

import collections
import json
import sys
from pathlib import PurePath

COLUMNS = ["images", "no face", "one face", "several", "errors"]


def column(line):
    if "error" in line:
        return "errors"
    faces = line["face_count"]
    return "no face" if faces == 0 else "one face" if faces == 1 else "several"


def main():
    root = PurePath(sys.argv[1])
    sets = collections.defaultdict(collections.Counter)
    for text in sys.stdin:
        line = json.loads(text)
        for name in (PurePath(line["file"]).relative_to(root).parts[0], "all"):
            sets[name].update(["images", column(line)])
    print("| set |", " | ".join(COLUMNS), "|")
    print("|---|" + "---|" * len(COLUMNS))
    for name in sorted(sets, key=lambda n: (n == "all", n)):
        print(f"| {name} |", " | ".join(str(sets[name][c]) for c in COLUMNS), "|")


if __name__ == "__main__":
    main()
