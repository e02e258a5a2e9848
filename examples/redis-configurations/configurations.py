"""
Reads a list from Redis, appends an object, and writes it again, until the list is complete.

    python configurations.py CONFIGURATION [OBJECTS]

Each turn's time is sent as the metric `read_append_write`. The list that is in Redis at the end must
be the one that was appended to; its digest is the same for every configuration.
"""

import hashlib
import json
import lzma
import os
import pickle
import random
import sys
import time
import zlib

import msgpack
import redis
import ujson
from redis._parsers import _HiredisParser, _RESP2Parser

KEY = "list"

# How a list becomes bytes and a list again. The first is what the others are compared with.
CODECS = {
    "pickle": (pickle.dumps, pickle.loads),
    "json": (lambda value: json.dumps(value).encode(), json.loads),
    "ujson": (lambda value: ujson.dumps(value).encode(), ujson.loads),
    "msgpack": (msgpack.packb, msgpack.unpackb),
    "hiredis": (pickle.dumps, pickle.loads),
    "zlib": (
        lambda value: zlib.compress(pickle.dumps(value)),
        lambda stored: pickle.loads(zlib.decompress(stored)),
    ),
    "lzma": (
        lambda value: lzma.compress(pickle.dumps(value)),
        lambda stored: pickle.loads(lzma.decompress(stored)),
    ),
}


def say(*words):
    if "MEMPROBE_FD" in os.environ:
        os.write(int(os.environ["MEMPROBE_FD"]), (" ".join(map(str, words)) + "\n").encode())


def connect(configuration):
    parser = _HiredisParser if configuration == "hiredis" else _RESP2Parser
    pool = redis.ConnectionPool(
        connection_class=redis.UnixDomainSocketConnection,
        path=os.environ["MEMGRID_SERVICE_REDIS_SOCKET"],
        parser_class=parser,
        protocol=2,
    )
    client = redis.Redis(connection_pool=pool)
    connection = pool.get_connection()
    found = type(connection._parser)
    pool.release(connection)
    if found is not parser:
        sys.exit(f"the parser is {found.__name__}, not {parser.__name__}")
    return client


def new_object(chance, number):
    words = ["".join(chance.choices("abcdefghij", k=chance.randint(2, 9))) for _ in range(12)]
    return {
        "id": number,
        "title": " ".join(words[:4]).title(),
        "url": "https://example.com/" + "/".join(words[4:8]),
        "score": chance.random(),
        "tags": words[8:],
        "visited": bool(number % 3),
        "parent": None,
    }


def main(configuration, objects="300"):
    dump, load = CODECS[configuration]
    client = connect(configuration)
    chance = random.Random(10301)
    client.set(KEY, dump([]))
    expected = []
    say("mark", "start")
    for number in range(int(objects)):
        item = new_object(chance, number)
        expected.append(item)
        began = time.perf_counter()
        value = load(client.get(KEY))
        value.append(item)
        client.set(KEY, dump(value))
        took = time.perf_counter() - began
        say("metric", "read_append_write", took, "s")
        say("progress", number + 1)
    say("mark", "end")
    stored = client.get(KEY)
    if load(stored) != expected:
        sys.exit(f"{configuration}: what was read is not what was written")
    say("metric", "stored_size", len(stored), "B")
    say("digest", hashlib.sha256(json.dumps(load(stored)).encode()).hexdigest())
    print(f"{configuration}: {len(expected)} objects, {len(stored):,} bytes")


main(*sys.argv[1:])
