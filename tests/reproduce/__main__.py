"""`python -m tests.reproduce [data set ...]`: all of them unless some are named. The table goes to build/reproduce.csv.

Ends with 0 where every figure matches, 1 where one misses, 2 where there is nothing to compare with.
"""

import os
import sys
from pathlib import Path

from core.settings import ROOT
from tests.reproduce.figures import PUBLISHED
from tests.reproduce.published import FILE
from tests.reproduce.running import reproduce
from tests.reproduce.sets import VARIABLE


def main(names: list[str]) -> int:
    """Compare, or say what is missing."""
    named = os.environ.get(VARIABLE, "")
    unknown = [name for name in names if name not in PUBLISHED]
    if unknown:
        print(f"No data set is called {', '.join(unknown)}; there are {', '.join(PUBLISHED)}.", file=sys.stderr)
        return 2
    if not named or not (Path(named) / FILE).is_file():
        found = f"{VARIABLE} names {named}, where there is no {FILE}." if named else f"{VARIABLE} is not set."
        print(
            f"Nothing was compared: {found}\n"
            f"Set it to the folder that holds {FILE} and, as their authors published them, the data sets\n"
            f"{', '.join(PUBLISHED)}. For example: {VARIABLE}=~/datasets make reproduce",
            file=sys.stderr,
        )
        return 2
    return reproduce(Path(named), names or list(PUBLISHED), ROOT / "build" / "reproduce.csv")


sys.exit(main(sys.argv[1:]))
