"""What `make endure` runs; options are those of the kills."""

import sys

from tests.endure import isolation, kills

if __name__ == "__main__":
    sys.exit(max([isolation.main([]), kills.main()]))
