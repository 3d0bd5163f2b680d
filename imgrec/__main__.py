"""`python -m imgrec`: the command line."""

import sys

from imgrec.cli import main

if __name__ == "__main__":
    sys.exit(main())
