"""
Fills a table the usual way: random strings, written by Django's bulk_create in batches.

    python bulk_create.py URL [ROWS]

What memgrid's own way of writing a dataset is measured against; see benches/dataset.rs. Needs
Django and the database's driver. Prints the seconds that it took, without Django's own start.
"""

import random
import string
import sys
import time
from pathlib import Path

import django
from django.conf import settings

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workload"))

from database_url import parse  # noqa: E402

BATCH = 1000
CHARACTERS = string.ascii_letters + string.digits


def text():
    return "".join(random.choices(CHARACTERS, k=255))


def main(url, rows):
    settings.configure(
        DATABASES={"default": parse(url)},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()

    from django.db import connection, models, transaction

    class Record(models.Model):
        text_1 = models.CharField(max_length=255)
        text_2 = models.CharField(max_length=255)
        text_3 = models.CharField(max_length=255)
        text_4 = models.CharField(max_length=255)

        class Meta:
            app_label = "records"

    random.seed(10301)
    began = time.perf_counter()
    with connection.schema_editor() as editor:
        editor.create_model(Record)
    with transaction.atomic():
        for first in range(0, rows, BATCH):
            Record.objects.bulk_create(
                Record(text_1=text(), text_2=text(), text_3=text(), text_4=text())
                for _ in range(first, min(first + BATCH, rows))
            )
    took = time.perf_counter() - began
    assert Record.objects.count() == rows
    with connection.schema_editor() as editor:
        editor.delete_model(Record)
    print(f"{took:.3f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 50_000)
