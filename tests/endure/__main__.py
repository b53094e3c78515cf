"""What `make endure` runs."""

import sys

from tests.endure.kills import main

if __name__ == "__main__":
    sys.exit(main())
