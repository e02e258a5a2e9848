"""
Two limits on what a worker may hold, of which APP_LIMIT names one.

soft: a worker that is above it ends when it has answered, and another takes its place.
hard: a worker that is above it is killed, whatever it is doing, and another takes its place.
"""

import os
import resource
import signal
import threading
import time

MIB = 1 << 20
SOFT = 80 * MIB
HARD = 120 * MIB
# Seconds between two looks at the hard limit.
PERIOD = 0.02

workers = 2
# A connection for each request: nobody waits on one whose worker ends.
worker_class = "sync"
limit = os.environ["APP_LIMIT"]


def rss():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def post_request(worker, request, environ, response):
    if limit == "soft" and worker.alive and rss() > SOFT:
        worker.log.info("above the soft limit: ends after this request")
        worker.alive = False


def watch():
    while rss() <= HARD:
        time.sleep(PERIOD)
    os.kill(os.getpid(), signal.SIGKILL)


def post_worker_init(worker):
    if limit == "hard":
        threading.Thread(target=watch, daemon=True).start()


def child_exit(server, worker):
    with open(os.path.join(os.environ["APP_DIR"], "ended"), "a") as ended:
        ended.write(f"{worker.pid}\n")
