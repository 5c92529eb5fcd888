"""Starts MiniStack detached from the terminal that asked for it.

Arguments: the directory of this engine's state, then `tied` if it must end with the process that started it, and `enforcing`
if roles are held to their policies (see `journal.py`). The directory marks the process, so that `cargo local down` can tell its
own engine from another process that was given the same number later.
"""

import os
import signal
import socketserver
import sys
import threading
import time

# Nagle's algorithm would delay every answer of the Lambda Runtime API by about 40 ms.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True

# A session of its own: closing the terminal, or Ctrl-C in it, must not take the engine along.
try:
    os.setsid()
except OSError:
    pass  # already the leader of its group


def end_with(parent):
    """A test that is killed cannot stop its engine, so the engine looks whether its parent is still there."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)


if "tied" in sys.argv[2:]:
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()

enforcing = sys.argv[1] if "enforcing" in sys.argv[2:] else None
if enforcing:
    # Read when MiniStack is loaded.
    os.environ["AUTH"] = "true"

# MiniStack reads the command line itself and knows no such arguments.
sys.argv = sys.argv[:1]

from ministack.app import main  # noqa: E402  (the patch above must come first)

# Beside this file there are sources only.
sys.dont_write_bytecode = True
import idle  # noqa: E402

idle.let_wait()
if enforcing:
    import journal

    journal.keep(enforcing)

main()
