"""
Reads rows as Django models, and then tries to give the memory back.

    python release.py STRATEGY DEBUG ROWS

Every strategy hashes one column of the rows, so that all can be seen to have read the same. It ends
without the interpreter's own clearing up: what is left then is what the strategy left.
"""

import gc
import hashlib
import os
import resource
import sys
import time

# Seconds in which the curve shows what is left.
REST = 0.5
# Rows between two queries of their own, as a view makes them that looks something up for a row.
STRIDE = 10
# Rows between two `progress` lines.
PROGRESS = 500


def say(*words):
    if "MEMPROBE_FD" in os.environ:
        os.write(int(os.environ["MEMPROBE_FD"]), (" ".join(map(str, words)) + "\n").encode())


def rss():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def set_up(debug):
    """Return the model of the table that memgrid has filled."""
    import django
    from django.conf import settings
    from django.db import models

    name = os.environ["MEMGRID_DATABASE_URL"].removeprefix("sqlite://")
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": name}},
        DEBUG=debug,
    )
    django.setup()

    class Record(models.Model):
        text_1 = models.CharField(max_length=255)
        text_2 = models.CharField(max_length=255)
        text_3 = models.CharField(max_length=255)
        text_4 = models.CharField(max_length=255)

        class Meta:
            app_label = "records"
            db_table = os.environ["MEMGRID_TABLE"]
            managed = False

    return Record


class Reader:
    """Looks at every row once, and counts them."""

    def __init__(self, model):
        self.model = model
        self.count = 0
        self.hash = hashlib.sha256()

    def look(self, key, text):
        self.hash.update(text.encode())
        if self.count % STRIDE == 0:
            assert self.model.objects.filter(pk=key, text_1=text).exists()
        self.count += 1
        if self.count % PROGRESS == 0:
            say("progress", self.count)


def read(strategy, model, rows, reader):
    """Read all rows; return what a program would still hold of them."""
    query = model.objects.order_by("pk")[:rows]
    if strategy.startswith("iterator-"):
        for row in query.iterator(chunk_size=int(strategy.removeprefix("iterator-"))):
            reader.look(row.pk, row.text_1)
        return None
    if strategy == "values-list":
        held = list(query.values_list("pk", "text_1"))
        for key, text in held:
            reader.look(key, text)
        return held
    if strategy == "only":
        query = query.only("pk", "text_1")
    elif strategy not in ("keep", "del", "del-gc"):
        sys.exit(f"there is no strategy {strategy!r}")
    held = list(query)
    for row in held:
        reader.look(row.pk, row.text_1)
    return held


def main(strategy, debug, rows):
    model = set_up(debug == "on")
    reader = Reader(model)
    say("mark", "start")
    held = read(strategy, model, int(rows), reader)
    say("progress", reader.count)
    say("mark", "read")
    say("metric", "rss_read", rss(), "B")
    if strategy != "keep":
        del held
    if strategy == "del-gc":
        gc.collect()
    say("mark", "released")
    say("metric", "rss_released", rss(), "B")
    say("metric", "rows_read", reader.count, 1)
    say("digest", reader.hash.hexdigest())
    time.sleep(REST)
    os._exit(0)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
