"""Where the output goes: a descriptor, counted and hashed on the way, in pieces of bounded size."""

import hashlib
import io
import os

BUFFER_SIZE = 64 * 1024


class Sink(io.RawIOBase):
    """A binary stream over a descriptor that knows how much went through it, and what."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.hash = hashlib.sha256()
        self.size = 0

    def writable(self):
        return True

    def write(self, data):
        written = os.write(self.descriptor, data)
        # A memoryview of what the descriptor took; the caller keeps the rest.
        taken = memoryview(data)[:written]
        self.hash.update(taken)
        self.size += written
        return written

    def as_text(self):
        """Return the file-like object to write to. Its buffers are C's, which keeps them cheap."""
        buffered = io.BufferedWriter(self, BUFFER_SIZE)
        return io.TextIOWrapper(buffered, encoding="utf-8", newline="")
