"""
Loads the service with wrk, second by second, and counts what was answered.

    python load.py LEAK LIMIT [SECONDS]

Its answers are checked before and after the load. Sends `requests_per_second` and `latency_p99` for each
second, and how many requests were lost and workers started at the end.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import urllib.request

# Connections that ask again and again: the load is what the service can answer, and no more.
CONNECTIONS = 4
NUMBER = 1234
# As wrk writes them.
SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1}


def say(*words):
    if "MEMPROBE_FD" in os.environ:
        os.write(int(os.environ["MEMPROBE_FD"]), (" ".join(map(str, words)) + "\n").encode())


def check(url):
    with urllib.request.urlopen(url, timeout=10) as response:
        text = response.read()
    if json.loads(text) != {"number": NUMBER, "square": NUMBER * NUMBER}:
        sys.exit(f"the service answers {text}")
    return hashlib.sha256(text).hexdigest()


def load_for_a_second(url):
    """Return how many requests were answered and lost, the rate, and the 99th percentile of latency."""
    command = ["wrk", "--latency", "--threads=1", f"--connections={CONNECTIONS}", "--duration=1s", url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    answered = int(re.search(r"(\d+) requests in", text)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    lost = 0
    if errors := re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", text):
        lost += sum(map(int, errors.groups()))
    if refused := re.search(r"Non-2xx or 3xx responses: (\d+)", text):
        lost += int(refused[1])
        answered -= int(refused[1])
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return answered, lost, rate, float(number) * SECONDS[unit]


def main(leak, limit, seconds="15"):
    url = f"http://127.0.0.1:{os.environ['MEMGRID_SERVICE_WEB_PORT']}/square/{NUMBER}"
    check(url)
    answered = lost = 0
    say("mark", "start")
    for _ in range(int(seconds)):
        now_answered, now_lost, rate, latency = load_for_a_second(url)
        answered += now_answered
        lost += now_lost
        say("metric", "requests_per_second", rate, "requests/s")
        say("metric", "latency_p99", latency, "s")
        say("progress", answered)
    say("mark", "end")
    say("digest", check(url))
    if answered == 0:
        sys.exit("no request was answered")
    with open(os.environ["WORKERS_FILE"]) as workers:
        started = len(workers.readlines())
    say("metric", "lost_requests", lost)
    say("metric", "workers_started", started)
    print(f"{answered} requests, {lost} lost, {started} workers")


main(*sys.argv[1:])
