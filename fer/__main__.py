"""`python -m fer`: the command line."""

import sys

try:
    from fer.cli import main

    main()
except KeyboardInterrupt:  # while its modules were loaded
    sys.exit(130)
