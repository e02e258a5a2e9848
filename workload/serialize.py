"""
Serializes every row of a table with Django's serializers: the workload of memgrid's own matrix.

    python serialize.py FORMAT [FILE]

FORMAT is json, xml or yaml. The output is counted, hashed and written to FILE, which is /dev/null
unless it is given. The environment says where the rows are: MEMGRID_DATABASE_URL, MEMGRID_TABLE.
"""

import os
import sys
from pathlib import Path

from marks import Marks
from server import Server
from sink import Sink

# Rows between two `progress` lines.
STRIDE = 500


def require_subject():
    """Exit unless the Django that was imported is the one on PYTHONPATH, which is the subject."""
    first = os.environ.get("PYTHONPATH", "").split(os.pathsep)[0]
    if not first:
        sys.exit("PYTHONPATH must begin with the folder of the Django that is measured.")
    try:
        import django
    except ModuleNotFoundError as error:
        sys.exit(f"Django can't be imported from PYTHONPATH's first entry, {first}: {error}.")
    found = Path(django.__file__).resolve()
    if not found.is_relative_to(Path(first).resolve()):
        sys.exit(
            f"The Django that was imported is {found}, which is not below PYTHONPATH's first "
            f"entry, {first}: the wrong Django would have been measured."
        )


class Rows:
    """
    Stands in for the serializers' progress bar, which is told of every row as it ends. So counting
    them leaves the queryset and the serializer as they are.
    """

    def __init__(self, marks):
        self.marks = marks
        self.count = 0

    def update(self, count):
        self.count = count
        if count % STRIDE == 0:
            self.marks.send("progress", count)


def serialize(output_format, sink, marks):
    """Serialize all rows to the sink; return how many there were."""
    import django
    from django.core import serializers
    from django.db import connection

    django.setup()
    from records.models import Record

    connection.ensure_connection()
    server = Server(connection, marks)
    server.before()
    rows = Rows(marks)
    serializer = serializers.get_serializer(output_format)()
    serializer.progress_class = lambda output, total: rows

    marks.send("mark", "start")
    stream = sink.as_text()
    serializer.serialize(Record.objects.order_by("pk"), stream=stream)
    stream.flush()
    marks.send("progress", rows.count)
    marks.send("mark", "end")
    server.after()
    return rows.count


def main(arguments):
    if len(arguments) not in (1, 2):
        sys.exit(__doc__.strip())
    output_format = arguments[0]
    file = arguments[1] if len(arguments) == 2 else os.devnull

    require_subject()
    if "MEMGRID_DATABASE_URL" not in os.environ:
        sys.exit("MEMGRID_DATABASE_URL must say where the rows are.")
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    marks = Marks.from_environment()
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    sink = Sink(descriptor)
    rows = serialize(output_format, sink, marks)
    os.close(descriptor)

    digest = sink.hash.hexdigest()
    marks.send("digest", digest)
    marks.send("metric", "rows", rows, 1)
    marks.send("metric", "output_bytes", sink.size, "B")
    if not marks.heard:
        print(f"{rows:,} rows, {sink.size:,} bytes, sha256 {digest}")


if __name__ == "__main__":
    main(sys.argv[1:])
