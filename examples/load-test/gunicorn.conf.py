"""
Two workers, and a limit for the memory of each.

LIMIT=soft  a worker above it answers the request that it has and ends; another takes its place
LIMIT=hard  a worker above it is killed at once, as the kernel does with a container's process
"""

import os
import resource
import signal
import threading
import time

LIMIT = os.environ.get("LIMIT", "none")
# RSS that a worker may have, in bytes.
MOST = 100 << 20
# How often the hard limit is looked after.
WATCH = 0.01

workers = 2
worker_class = "sync"
accesslog = None
# Where gunicorn would write while requests wait.
worker_tmp_dir = "/dev/shm"
# It would be in the home folder, and the same for all.
control_socket_disable = True


def rss(pid):
    try:
        with open(f"/proc/{pid}/statm") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def post_fork(server, worker):
    if file := os.environ.get("WORKERS_FILE"):
        with open(file, "a") as workers_file:
            workers_file.write(f"{worker.pid}\n")


def post_request(worker, request, environ, response):
    if LIMIT == "soft" and rss(worker.pid) > MOST:
        worker.log.info("above the soft limit")
        worker.alive = False


def when_ready(server):
    if LIMIT == "hard":
        threading.Thread(target=watch, args=(server,), daemon=True).start()


def watch(server):
    while True:
        for pid in list(server.WORKERS):
            if rss(pid) > MOST:
                server.log.info("worker %s is above the hard limit", pid)
                os.kill(pid, signal.SIGKILL)
        time.sleep(WATCH)
