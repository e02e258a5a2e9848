"""
Compresses a set of files with gzip, each to a file of its own.

    python compress.py serial|threads|pool|executor many-small|mixed|one-huge [MIB]

Every set holds MIB mebibytes together (32 unless told otherwise). It is made before the mark `start`,
and what was written is checked after `end`.
"""

import gzip
import hashlib
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

MIB = 1 << 20
WORKERS = len(os.sched_getaffinity(0))


def say(*words):
    if "MEMPROBE_FD" in os.environ:
        os.write(int(os.environ["MEMPROBE_FD"]), (" ".join(map(str, words)) + "\n").encode())


def sizes(files, total):
    """The sizes of a set's files, which come to `total` bytes."""
    if files == "many-small":
        return [16 * 1024] * (total // (16 * 1024))
    if files == "mixed":
        # Half of all bytes in one file, half of the rest in the next, and so on.
        parts = []
        while total > 64 * 1024:
            parts.append(total // 2)
            total -= parts[-1]
        return [total, *reversed(parts)]
    if files == "one-huge":
        return [total]
    sys.exit(f"there is no set {files!r}")


def make(folder, files, total):
    """Write a set of files, the same each time; return their paths."""
    chance = random.Random(7)
    words = [chance.randbytes(chance.randint(1, 5)).hex() for _ in range(4096)]
    text = " ".join(chance.choices(words, k=400_000)).encode()
    paths = []
    for number, size in enumerate(sizes(files, total)):
        paths.append(folder / f"{number:05}.txt")
        with open(paths[-1], "wb") as file:
            while size > 0:
                start = chance.randrange(len(text) // 2)
                size -= file.write(text[start : start + min(size, len(text) // 2)])
    return paths


def compress(path):
    with open(path, "rb") as source, open(f"{path}.gz", "wb") as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, mtime=0, filename="") as target:
            shutil.copyfileobj(source, target)


def compress_all(strategy, paths):
    if strategy == "serial":
        for path in paths:
            compress(path)
    elif strategy == "threads":
        with ThreadPoolExecutor(WORKERS) as executor:
            list(executor.map(compress, paths))
    elif strategy == "pool":
        with multiprocessing.Pool(WORKERS) as pool:
            pool.map(compress, paths)
    elif strategy == "executor":
        with ProcessPoolExecutor(WORKERS) as executor:
            list(executor.map(compress, paths))
    else:
        sys.exit(f"there is no strategy {strategy!r}")


def cpu_time():
    """Seconds of CPU time of this process, and of the children that it has waited for."""
    return sum(os.times()[:4])


def digest(paths):
    """One digest of all files that were written, each of which must hold what its source does."""
    whole = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as source, gzip.open(f"{path}.gz") as written:
            while expected := source.read(MIB):
                assert written.read(len(expected)) == expected, path
            assert not written.read(1), path
        with open(f"{path}.gz", "rb") as written:
            whole.update(hashlib.file_digest(written, "sha256").digest())
    return whole.hexdigest()


def main(strategy, files, mib="32"):
    total = int(mib) * MIB
    with tempfile.TemporaryDirectory() as folder:
        paths = make(Path(folder), files, total)
        say("mark", "start")
        began, busy = time.monotonic(), cpu_time()
        compress_all(strategy, paths)
        took, busy = time.monotonic() - began, cpu_time() - busy
        say("mark", "end")
        say("metric", "compress_time", took, "s")
        say("metric", "compress_cpu", busy, "s")
        say("metric", "files", len(paths), 1)
        say("digest", digest(paths))


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
