"""
Counts in a table: each writer increments keys, which may not be there yet.

    python upsert.py upsert|locked|look-then-write WRITERS [UPDATES]

UPDATES is what each writer does, 250 unless told otherwise. The digest is of the table afterwards, so
a strategy that loses updates is seen to have the wrong answer.
"""

import hashlib
import os
import random
import sys
import time
from urllib.parse import parse_qs, urlsplit

KEYS = 50
# Updates between two whose time is sent.
STRIDE = 20
# How often what the database gave up is tried again.
TRIES = 100

STATEMENTS = {
    "sqlite": "INSERT INTO counter (name, value) VALUES (%s, 1) "
    "ON CONFLICT (name) DO UPDATE SET value = counter.value + 1",
    "postgresql": "INSERT INTO counter (name, value) VALUES (%s, 1) "
    "ON CONFLICT (name) DO UPDATE SET value = counter.value + 1",
    "mysql": "INSERT INTO counter (name, value) VALUES (%s, 1) "
    "ON DUPLICATE KEY UPDATE value = value + 1",
}


def say(*words):
    if "MEMPROBE_FD" in os.environ:
        os.write(int(os.environ["MEMPROBE_FD"]), (" ".join(map(str, words)) + "\n").encode())


def database(url):
    """A URL of memgrid's as an entry of Django's DATABASES."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        # A transaction that will write takes the lock when it begins, and waits for it.
        options = {"timeout": 120, "transaction_mode": "IMMEDIATE"}
        name = parts.path
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": options}
    entry = {"ENGINE": f"django.db.backends.{parts.scheme}", "NAME": parts.path.lstrip("/")}
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    entry["HOST"] = query.get("host") or query.get("unix_socket") or parts.hostname
    entry.update(USER=parts.username, PASSWORD=parts.password or "", PORT=parts.port or "")
    return entry


def set_up():
    """Return the model of an empty table."""
    import django
    from django.conf import settings
    from django.db import connection, models

    settings.configure(DATABASES={"default": database(os.environ["MEMGRID_DATABASE_URL"])})
    django.setup()

    class Counter(models.Model):
        name = models.CharField(max_length=20, unique=True)
        value = models.IntegerField()

        class Meta:
            app_label = "upsert"
            db_table = "counter"

    if "counter" in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.delete_model(Counter)
    with connection.schema_editor() as editor:
        editor.create_model(Counter)
    # Each writer makes a connection of its own.
    connection.close()
    return Counter


def incrementer(strategy, model):
    """A function that adds one to the counter of a name."""
    from django.db import connection, transaction

    def upsert(name):
        with connection.cursor() as cursor:
            cursor.execute(STATEMENTS[connection.vendor], [name])

    @transaction.atomic
    def locked(name):
        # Where there are no locked rows, as in SQLite, the transaction itself is the lock.
        counters = model.objects.select_for_update()
        counter, _ = counters.get_or_create(name=name, defaults={"value": 0})
        counter.value += 1
        counter.save(update_fields=["value"])

    def look_then_write(name):
        counter = model.objects.filter(name=name).first() or model(name=name, value=0)
        counter.value += 1
        counter.save()

    functions = {"upsert": upsert, "locked": locked, "look-then-write": look_then_write}
    return functions[strategy]


def write(increment, updates, seed):
    """Do one writer's updates; what the database refuses (a deadlock, a key that came) is done again."""
    from django.db import Error

    chance = random.Random(seed)
    for number in range(updates):
        name = f"key {chance.randrange(KEYS)}"
        began = time.monotonic()
        for attempt in range(TRIES):
            try:
                increment(name)
                break
            except Error:
                if attempt == TRIES - 1:
                    raise
        if number % STRIDE == 0:
            say("metric", "update_time", time.monotonic() - began, "s")


def write_together(increment, writers, updates):
    """Do all updates in processes of their own, at the same time; return how long that took."""
    began = time.monotonic()
    children = []
    for seed in range(writers):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                write(increment, updates, seed)
                code = 0
            except BaseException as error:
                print(f"writer {seed}: {error!r}", file=sys.stderr, flush=True)
            finally:
                os._exit(code)
        children.append(child)
    failed = [child for child in children if os.waitpid(child, 0)[1] != 0]
    if failed:
        sys.exit(f"{len(failed)} of {writers} writers failed")
    return time.monotonic() - began


def main(strategy, writers, updates="250"):
    writers, updates = int(writers), int(updates)
    model = set_up()
    increment = incrementer(strategy, model)
    say("mark", "start")
    took = write_together(increment, writers, updates)
    say("mark", "end")
    table = list(model.objects.order_by("name").values_list("name", "value"))
    lost = writers * updates - sum(value for _, value in table)
    say("metric", "updates_per_second", writers * updates / took, "1/s")
    say("metric", "lost_updates", lost, 1)
    say("digest", hashlib.sha256(repr(table).encode()).hexdigest())
    print(f"{writers * updates} updates in {took:.2f} s, {lost} lost")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
