"""Makes objects, between two marks. `heap.py trace` prints what tracemalloc counts for them.

`heap.py peak` makes small ones that are gone at once; `heap.py peak trace` prints how much they
were at their most.
"""

import os
import sys
import time

trace = "trace" in sys.argv
peak = "peak" in sys.argv
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


def spike():
    chain = None
    for number in range(60_000):
        chain = Node(chain, (complex(number),))
    # One after the other: the interpreter does not look how deep a chain is.
    while chain is not None:
        chain = chain.left


before = tracemalloc.get_traced_memory()[0] if trace else 0
tell("mark before")
held = spike() if peak else objects()
if trace:
    print(tracemalloc.get_traced_memory()[1 if peak else 0] - before)
tell("mark after")
