"""
Looks values up in a cache on this machine; four lookups in five hit, and a miss writes the value.

    python caches.py CACHE [LOOKUPS]

The time of each hundred lookups is sent as the metric `lookup`, a lookup's mean. What was read is
checked against what was written, and its digest is the same for every cache.
"""

import hashlib
import os
import random
import sys
import time

# Values in the cache at the beginning.
KEYS = 1000
# Lookups between two figures, one in five of which asks for a key that nobody has written.
BATCH = 100


def say(*words):
    if "MEMPROBE_FD" in os.environ:
        os.write(int(os.environ["MEMPROBE_FD"]), (" ".join(map(str, words)) + "\n").encode())


def place(service, what):
    return os.environ[f"MEMGRID_SERVICE_{service}_{what}"]


def connect(cache):
    """Return functions that read and write bytes."""
    if cache.startswith("redis"):
        import redis

        if cache == "redis-tcp":
            client = redis.Redis(host="127.0.0.1", port=int(place("REDIS", "PORT")))
        else:
            client = redis.Redis(unix_socket_path=place("REDIS", "SOCKET"))
        return client.get, client.set
    address = os.environ["CACHE_ADDRESS"]
    if cache.endswith("pylibmc"):
        import pylibmc

        # What begins with a slash is a socket's path.
        client = pylibmc.Client([address], binary=False)
    else:
        from pymemcache.client.base import Client

        client = Client(address if address.startswith("/") else tuple(address.split(":")))
        write = client.set
        return client.get, lambda key, value: write(key, value, noreply=False)
    return client.get, client.set


def value_of(key):
    return (key * 40).encode()


def main(cache, lookups="20000"):
    read, write = connect(cache)
    chance = random.Random(10301)
    for number in range(KEYS):
        key = f"key-{number}"
        write(key, value_of(key))
    if read("key-7") != value_of("key-7") or read("nobody") is not None:
        sys.exit(f"{cache}: what was read is not what was written")
    digest, hits = hashlib.sha256(), 0
    say("mark", "start")
    for start in range(0, int(lookups), BATCH):
        keys = [f"key-{chance.randrange(KEYS)}" for _ in range(BATCH * 4 // 5)]
        keys += [f"new-{start + number}" for number in range(BATCH - len(keys))]
        chance.shuffle(keys)
        wanted = [(key, value_of(key)) for key in keys]
        found = []
        began = time.perf_counter()
        for key, value in wanted:
            answer = read(key)
            if answer is None:
                write(key, value)
            found.append(answer)
        say("metric", "lookup", (time.perf_counter() - began) / BATCH, "s")
        for (key, value), answer in zip(wanted, found):
            if answer != (None if key.startswith("new") else value):
                sys.exit(f"{cache}: {key} is {answer!r}")
            hits += answer is not None
            digest.update(answer or b"-")
    say("mark", "end")
    if hits * 5 != int(lookups) * 4:
        sys.exit(f"{cache}: {hits} hits of {lookups}")
    say("digest", digest.hexdigest())
    print(f"{cache}: {hits} hits of {lookups}")


main(*sys.argv[1:])
