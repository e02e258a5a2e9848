"""Does one small thing in one of several ways, over and over: micro.py TASK METHOD INPUT.

Sends the CPU time of a pass as `pass_time`, once for each batch, and the digest of the answer, which
is made before anything is timed.
"""

import hashlib
import os
import random
import re
import sys
import tempfile
import time

# Passes are timed in batches of at least this long, so that the clock's own cost is no part of it.
BATCH = 0.005
# Seconds in which all of it is timed, and how many batches at least and at most.
LONG_ENOUGH, FEWEST, MOST = 0.5, 3, 100


def say(*words):
    if "MEMPROBE_FD" in os.environ:
        line = " ".join(map(str, words)) + "\n"
        os.write(int(os.environ["MEMPROBE_FD"]), line.encode())


# Duplicates removed, the first of each kept in its place.


def dict_fromkeys(items):
    return list(dict.fromkeys(items))


def seen_set(items):
    seen, unique = set(), []
    for item in items:
        if item not in seen:
            seen.add(item)
            unique.append(item)
    return unique


def comprehension(items):
    seen = set()
    return [item for item in items if not (item in seen or seen.add(item))]


def sorted_by_index(items):
    return sorted(set(items), key=items.index)


def list_scan(items):
    unique = []
    for item in items:
        if item not in unique:
            unique.append(item)
    return unique


# Lines counted in a file.


def iterate(path):
    with open(path, "rb") as file:
        return sum(1 for _ in file)


def read_all(path):
    with open(path, "rb") as file:
        return file.read().count(b"\n")


def read_chunks(path):
    with open(path, "rb", buffering=0) as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(65536), b""))


# Names that end in one of some extensions.

EXTENSIONS = (".jpg", ".jpeg", ".png", ".gif", ".webp")
AS_SET = frozenset(EXTENSIONS)
PATTERN = re.compile(r"\.(?:jpe?g|png|gif|webp)\Z")


def endswith_tuple(names):
    return [name for name in names if name.endswith(EXTENSIONS)]


def any_endswith(names):
    return [name for name in names if any(name.endswith(end) for end in EXTENSIONS)]


def splitext_set(names):
    return [name for name in names if os.path.splitext(name)[1] in AS_SET]


def regex(names):
    return [name for name in names if PATTERN.search(name)]


def numbers(size, chance):
    return [chance.randrange(max(size // 10, 30)) for _ in range(size)]


def lines(size, chance):
    with tempfile.NamedTemporaryFile(suffix=".txt", delete=False) as file:
        for _ in range(size):
            file.write(b"x" * chance.randrange(160) + b"\n")
    return file.name


def names(size, chance):
    ends = [*EXTENSIONS, ".py", ".txt", ".tar.gz", ""]
    return [f"file-{chance.randrange(10**6)}{chance.choice(ends)}" for _ in range(size)]


# What a task is done to, small and large, and how.
TASKS = {
    "unique": (numbers, {"small": 100, "large": 20_000},
               [dict_fromkeys, seen_set, comprehension, sorted_by_index, list_scan]),
    "count-lines": (lines, {"small": 100, "large": 500_000}, [iterate, read_all, read_chunks]),
    "match-extensions": (names, {"small": 100, "large": 100_000},
                         [endswith_tuple, any_endswith, splitext_set, regex]),
}


def batch(method, data, passes):
    """Seconds of CPU that one pass takes, of so many."""
    start = time.process_time()
    for _ in range(passes):
        method(data)
    return (time.process_time() - start) / passes


def measure(method, data):
    passes = 1
    while (seconds := batch(method, data, passes)) * passes < BATCH:
        passes *= 2
    end = time.perf_counter() + LONG_ENOUGH
    for number in range(MOST):
        if number >= FEWEST and time.perf_counter() > end:
            break
        say("metric", "pass_time", batch(method, data, passes), "s")


def main(task, method, size):
    make, sizes, methods = TASKS[task]
    by_name = {way.__name__.replace("_", "-"): way for way in methods}
    data = make(sizes[size], random.Random(6))
    try:
        answer = by_name[method](data)
        say("digest", hashlib.sha256(repr(answer).encode()).hexdigest())
        del answer
        say("mark", "start")
        measure(by_name[method], data)
        say("mark", "end")
    finally:
        if task == "count-lines":
            os.unlink(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
