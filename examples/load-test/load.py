"""
Puts a service under load, and tells what it answered.

    python load.py SECONDS

It asks once itself, and checks the answer, before wrk asks as fast as it is answered, on 8 connections.
"""

import json
import os
import re
import subprocess
import sys
import urllib.request

CONNECTIONS = 8
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


def say(*words):
    if "MEMPROBE_FD" in os.environ:
        os.write(int(os.environ["MEMPROBE_FD"]), (" ".join(map(str, words)) + "\n").encode())


def check(url):
    with urllib.request.urlopen(url, timeout=30) as response:
        rows = json.load(response)["rows"].splitlines()
    expected = [f"{number}: {number * number}" for number in range(50)]
    if rows != expected:
        sys.exit(f"{url} gave a wrong answer: {rows[:3]}…")


def number(pattern, text):
    found = re.search(pattern, text)
    return float(found[1]) if found else 0.0


def main(seconds):
    url = f"http://127.0.0.1:{os.environ['APP_PORT']}/"
    check(url)
    say("mark", "start")
    command = ["wrk", "--threads", "1", "--connections", str(CONNECTIONS)]
    command += ["--duration", f"{seconds}s", "--latency", url]
    said = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
    say("mark", "end")
    print(said)

    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    lost = sum(map(int, broken.groups())) if broken else 0
    lost += int(number(r"Non-2xx or 3xx responses: (\d+)", said))
    latency = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", said)
    say("metric", "requests_per_second", number(r"Requests/sec:\s+([\d.]+)", said), "1/s")
    say("metric", "requests", int(number(r"(\d+) requests in", said)), 1)
    say("metric", "lost_requests", lost, 1)
    say("metric", "latency_p99", float(latency[1]) * UNITS[latency[2]], "s")
    ended = os.path.join(os.environ["APP_DIR"], "ended")
    restarts = sum(1 for _ in open(ended)) if os.path.exists(ended) else 0
    say("metric", "workers_replaced", restarts, 1)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    main(sys.argv[1])
