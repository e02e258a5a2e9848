"""What the workload tells memprobe: one line each, over the inherited descriptor MEMPROBE_FD."""

import os


class Marks:
    """Sends marks, or does nothing when nobody listens."""

    def __init__(self, descriptor=None):
        self.descriptor = descriptor

    @classmethod
    def from_environment(cls):
        descriptor = os.environ.get("MEMPROBE_FD")
        return cls(int(descriptor) if descriptor else None)

    @property
    def heard(self):
        return self.descriptor is not None

    def send(self, *words):
        if self.heard:
            os.write(self.descriptor, (" ".join(map(str, words)) + "\n").encode())
