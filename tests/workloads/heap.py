"""Makes objects, between two marks. `heap.py trace` prints what tracemalloc counts for them."""

import os
import sys
import time

trace = sys.argv[1:] == ["trace"]
if trace:
    import tracemalloc

    tracemalloc.start()


def tell(line, fd=os.environ.get("MEMPROBE_FD")):
    if fd is not None:
        os.write(int(fd), f"{line}\n".encode())
        time.sleep(0.3)


class Node:
    __slots__ = ("left", "right")

    def __init__(self, left, right):
        self.left = left
        self.right = right


def objects():
    # Of sizes that no allocator rounds up: what a tracer counts is what was asked for.
    rows = [(str(number + 10**62), complex(number), bytes(3015)) for number in range(8000)]
    chain = None
    for number in range(40_000):
        chain = Node(chain, (complex(number),))
    # Freed again, and grown in place.
    junk = [bytearray(number % 700) for number in range(50_000)]
    del junk
    text = bytearray()
    for _ in range(2000):
        text += b"x" * 1000
    return rows, chain, text


before = tracemalloc.get_traced_memory()[0] if trace else 0
tell("mark before")
held = objects()
if trace:
    print(tracemalloc.get_traced_memory()[0] - before)
tell("mark after")
