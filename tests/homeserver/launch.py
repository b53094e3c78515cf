"""Runs Synapse until its input ends, with the Python of its own environment.

Whoever started it holds the other end, which the kernel closes however that process ends.
"""

import os
import runpy
import sys
import threading


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_input, daemon=True).start()
    runpy.run_module("synapse.app.homeserver", run_name="__main__", alter_sys=True)
