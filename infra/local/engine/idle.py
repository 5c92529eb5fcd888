"""Lets waiting functions wait in peace.

MiniStack wakes two threads ten times a second for each process of a function that waits for work, to see whether the process
is to end. After a burst that is thousands of wake-ups a second that take turns at one interpreter, and what is to be done
comes second: starts outlast their ten seconds, are begun again, and nothing gets through any more. Here the two are woken when
there is something to do.
"""

import queue
import socket
import socketserver

# For what is nobody's business any more: a process that is gone needs no answer.
SECONDS = 30


class PatientQueue(queue.Queue):
    """A queue whose reader is woken by what is put in, not by the clock."""

    def get(self, block=True, timeout=None):
        return super().get(block, timeout and max(timeout, SECONDS))


def let_wait():
    """Begins before the engine serves."""
    from ministack.core import lambda_runtime

    serve_forever, shutdown = socketserver.BaseServer.serve_forever, socketserver.BaseServer.shutdown

    def serve(self, poll_interval=None):
        serve_forever(self, SECONDS)

    def end(self):
        # The loop looks at this first when a connection wakes it.
        self._BaseServer__shutdown_request = True
        try:
            socket.create_connection(self.server_address, timeout=1).close()
        except OSError:
            pass  # closed already: nobody serves
        shutdown(self)

    socketserver.BaseServer.serve_forever = serve
    socketserver.BaseServer.shutdown = end

    class Queues:
        """The module `queue` as the engine's runtime sees it."""

        Queue, Empty, Full = PatientQueue, queue.Empty, queue.Full

    lambda_runtime.queue = Queues
