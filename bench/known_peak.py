"""
Workloads whose peak is known, to compare what measures memory with; see benches/tools.

    python known_peak.py allocate MIB ROUNDS    much work with small objects, then MIB held
    python known_peak.py spike MIB SECONDS      MIB for some milliseconds, in the middle
    python known_peak.py tree MIB SECONDS       four children, which hold MIB together
    python known_peak.py hold MIB SECONDS       MIB held

What is known: with MIB, the peak is MIB mebibytes above the peak with MIB = 0.
"""

import subprocess
import sys
import time

CHILDREN = 4


def held(mib):
    # Every page is written: bytearray fills itself with zeros.
    return [bytearray(1 << 20) for _ in range(mib)]


def allocate(mib, rounds):
    for _ in range(int(rounds)):
        rows = None  # two rounds' rows at once would be a higher peak than the last one's
        rows = [{"id": i, "name": f"row {i}", "values": [i, i + 1]} for i in range(20_000)]
    blocks = held(mib)
    time.sleep(0.1)
    assert len(rows) == 20_000 and len(blocks) == mib


def spike(mib, seconds):
    time.sleep(seconds / 2)
    block = bytearray(mib << 20)
    del block
    time.sleep(seconds / 2)


def tree(mib, seconds):
    command = [sys.executable, __file__, "hold", str(mib // CHILDREN), str(seconds)]
    children = [subprocess.Popen(command) for _ in range(CHILDREN)]
    assert all(child.wait() == 0 for child in children)


def hold(mib, seconds):
    blocks = held(mib)
    time.sleep(seconds)
    assert len(blocks) == mib


if __name__ == "__main__":
    workload = {"allocate": allocate, "spike": spike, "tree": tree, "hold": hold}[sys.argv[1]]
    workload(int(sys.argv[2]), float(sys.argv[3]))
