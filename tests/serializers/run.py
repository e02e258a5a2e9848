"""
Calls Django's serializers in every way that could tell a patched Django from the released one,
and prints what came out as JSON: {case: {"output": …, "error": …, "queries": …}}.

    python run.py STATE [--pure-yaml]

STATE is the name of the state that PYTHONPATH leads to; MEMGRID_DATABASE_URL names a database that
has nothing in it but what an earlier call has left. The caller compares what two states print.
"""

import datetime
import io
import itertools
import json
import os
import sys
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workload"))

import database_url  # noqa: E402

STATE = sys.argv[1]
PURE_YAML = "--pure-yaml" in sys.argv
if PURE_YAML:
    # PyYAML without libyaml: Django falls back to it when the C classes are missing.
    import yaml

    del yaml.CSafeDumper, yaml.CSafeLoader

import django  # noqa: E402
from django.conf import settings  # noqa: E402

settings.configure(
    DATABASES={"default": database_url.parse(os.environ["MEMGRID_DATABASE_URL"])},
    INSTALLED_APPS=["cases"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()

from django.core import serializers  # noqa: E402
from django.core.serializers import pyyaml  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from cases import models as m  # noqa: E402

VENDORS = ("sqlite", "postgresql", "mysql")
FORMATS = ("json", "xml", "yaml", "jsonl", "python")
UTC = datetime.timezone.utc
CASES = []


def case(function=None, *, formats=FORMATS, vendors=VENDORS, same_queries=True):
    """Register a case: a function of what serializes, which returns what must stay the same."""
    if function is None:
        return lambda function: case(
            function, formats=formats, vendors=vendors, same_queries=same_queries
        )
    CASES.append((function, formats, vendors, same_queries))
    return function


def books():
    return m.Book.objects.order_by("pk")


def serializer(output_format):
    def serialize(objects, **options):
        output = serializers.serialize(output_format, objects, **options)
        return repr(output) if output_format == "python" else output

    serialize.format = output_format
    return serialize


# Where the objects come from.


@case
def queryset(serialize):
    return serialize(books())


@case
def all_of_a_manager(serialize):
    return serialize(m.Tag.objects.all().order_by("pk"))


@case
def manager_itself(serialize):
    return serialize(m.Tag.objects)


@case
def empty(serialize):
    return [serialize(books().none()), serialize(books().filter(pk=-1)), serialize([])]


@case
def evaluated(serialize):
    rows = books()
    rows[0].title  # A slice of an unevaluated queryset leaves it unevaluated.
    list(rows)
    rows[0].title = "changed in the cache only"
    return serialize(rows)


@case(same_queries=False)
def twice(serialize):
    # A patched serializer leaves the queryset unevaluated, so that it is fetched each time.
    rows = books()
    return [serialize(rows), serialize(rows), len(rows)]


@case
def plain_list(serialize):
    return [serialize(list(books())), serialize(tuple(books()))]


@case
def generator(serialize):
    return serialize(book for book in books())


@case
def generator_of_an_iterator(serialize):
    return serialize(itertools.chain(books().iterator(), m.Tag.objects.order_by("pk").iterator()))


@case
def iterable_with_an_iterator(serialize):
    class Shelf(list):
        def iterator(self):
            raise AssertionError("this is no queryset")

    return serialize(Shelf(books()))


@case
def no_instances(serialize):
    return serialize(books().values("title"))


@case
def no_instances_either(serialize):
    return serialize(books().values_list("title", flat=True))


@case
def sliced(serialize):
    return [serialize(books()[2:7]), serialize(books()[:0]), serialize(books().reverse()[:4])]


@case
def union(serialize):
    low, high = m.Book.objects.filter(pk__lt=4), m.Book.objects.filter(pk__gt=9)
    return serialize(low.union(high).order_by("title"))


@case
def annotated_and_deferred(serialize):
    return [
        serialize(books().annotate(n=models.Count("tags")).order_by("pk")),
        serialize(books().only("title")),
        serialize(books().defer("title")),
        serialize(books().distinct()),
    ]


@case
def raw(serialize):
    rows = m.Book.objects.raw("SELECT * FROM cases_book ORDER BY id")
    return [serialize(rows), serialize(rows.prefetch_related("tags"))]


@case
def raw_evaluated(serialize):
    rows = m.Book.objects.raw("SELECT * FROM cases_book ORDER BY id")
    rows[0].title = "changed in the cache only"
    return serialize(rows)


@case
def related_manager(serialize):
    author = m.Author.objects.order_by("pk").first()
    return serialize(author.books.order_by("pk"))


@case
def selected_relations(serialize):
    return serialize(books().select_related("author", "price"), use_natural_foreign_keys=True)


@case
def prefetched(serialize):
    rows = books().prefetch_related("tags", "days", "sequels")
    return [serialize(rows), serialize(rows.all(), use_natural_foreign_keys=True)]


@case
def prefetched_by_object(serialize):
    tags = models.Prefetch("tags", m.Tag.objects.filter(pk__gt=1).order_by("-pk"))
    elsewhere = models.Prefetch("days", m.Day.objects.order_by("pk"), to_attr="some_days")
    return serialize(books().prefetch_related(tags, elsewhere))


@case
def prefetched_in_reverse(serialize):
    return serialize(m.Author.objects.order_by("pk").prefetch_related("books__tags"))


# What they hold.


@case
def every_type(serialize):
    return serialize(m.Everything.objects.order_by("pk"))


@case
def every_type_in_memory(serialize):
    return serialize(list(m.Everything.objects.order_by("pk")))


@case
def some_fields(serialize):
    return [
        serialize(books(), fields=["title", "tags"]),
        serialize(books(), fields=[]),
        serialize(m.Everything.objects.order_by("pk"), fields={"moment", "number"}),
    ]


@case
def natural_foreign_keys(serialize):
    return serialize(books(), use_natural_foreign_keys=True)


@case
def natural_primary_keys(serialize):
    return serialize(m.Tag.objects.order_by("pk"), use_natural_primary_keys=True)


@case
def natural_keys(serialize):
    options = {"use_natural_foreign_keys": True, "use_natural_primary_keys": True}
    return [serialize(books(), **options), serialize(m.Author.objects.order_by("pk"), **options)]


@case
def natural_keys_of_one_author(serialize):
    author = m.Author.objects.order_by("pk").first()
    return serialize(author.books.order_by("pk"), use_natural_foreign_keys=True)


@case
def inherited(serialize):
    rows = m.Restaurant.objects.order_by("pk")
    return [serialize(rows), serialize(rows.all(), use_natural_primary_keys=True)]


@case
def parents_and_children(serialize):
    places = m.Place.objects.order_by("pk")
    return serialize([*places, *m.Restaurant.objects.order_by("pk")])


@case
def proxies(serialize):
    return serialize(m.Cheap.objects.order_by("pk"))


@case
def composite_primary_keys(serialize):
    rows = m.Composite.objects.order_by("day", "number")
    return [serialize(rows), serialize(list(rows.all()))]


# Objects that occur more than once, which YAML writes with anchors and aliases.


@case
def the_same_object_twice(serialize):
    rows = list(m.Everything.objects.order_by("pk"))
    return serialize([*rows, *rows[:3]])


@case
def shared_values(serialize):
    now = datetime.datetime(2024, 1, 1, tzinfo=UTC)
    one, document = Decimal("1"), {"a": [1]}
    rows = [m.Everything(pk=0, char="no such value")]
    rows += [m.Everything(pk=n, moment=now, number=one, document=document) for n in range(1, 4)]
    return [serialize(rows), serialize(row for row in rows), serialize(iter(rows))]


@case
def shared_within_one_object(serialize):
    today = datetime.date(2024, 1, 1)
    rows = [m.Everything(pk=n, date=today) for n in (1, 2)]
    return [serialize(rows), serialize([m.Composite(day=today, number=1, text="x")])]


@case
def values_shared_by_the_field(serialize):
    return serialize(m.Sharing.objects.order_by("pk"))


@case
def keys_shared_by_a_related_manager(serialize):
    price = m.Price.objects.order_by("pk").first()
    return serialize(price.books.order_by("pk"))


@case
def keys_shared_by_prefetches(serialize):
    return serialize(books().prefetch_related("days"))


@case
def natural_keys_that_are_one_tuple(serialize):
    return serialize(books().exclude(constant=None), use_natural_foreign_keys=True)


@case
def a_shared_value_after_the_others(serialize):
    last = m.Everything(pk=99, moment=datetime.datetime(2024, 1, 1, tzinfo=UTC))
    first = m.Tag.objects.order_by("pk")
    return serialize(itertools.chain(first, [last, last]))


# How it is written.


@case(formats=("json", "xml", "yaml"))
def indented(serialize):
    rows = m.Everything.objects.order_by("pk")
    return [serialize(rows.all(), indent=n) for n in (0, 1, 2, 4)] + [serialize([], indent=2)]


@case(formats=("json",))
def json_options(serialize):
    return [serialize(books(), ensure_ascii=True), serialize(books(), sort_keys=True)]


@case(formats=("yaml",))
def yaml_options(serialize):
    every = [
        {"default_flow_style": True},
        {"default_flow_style": None},
        {"width": 30},
        {"width": 10_000},
        {"explicit_start": True},
        {"explicit_start": True, "explicit_end": True},
        {"canonical": True},
        {"allow_unicode": False},
        {"line_break": "\r\n"},
        {"version": (1, 1)},
        {"tags": {"!": "tag:example.org,2000:"}},
        {"default_style": '"'},
        {"default_style": "|"},
        {"sort_keys": False},
    ]
    rows = [m.Everything.objects.order_by("pk"), m.Tag.objects.order_by("pk"), books().none()]
    outputs = [serialize(some.all(), **options) for options in every for some in rows]
    shared = list(m.Everything.objects.order_by("pk")) * 2
    return outputs + [serialize(shared, **options) for options in every]


@case(formats=("yaml",))
def yaml_bytes(serialize):
    outputs = []
    for encoding in ("utf-8", "utf-16-le"):
        stream = io.BytesIO()
        serialize(m.Everything.objects.order_by("pk"), stream=stream, encoding=encoding)
        outputs.append(stream.getvalue().hex())
    return outputs


@case(formats=("json", "yaml"), same_queries=False)
def unknown_options(serialize):
    try:
        serialize(books(), nonsense=True)
    except TypeError:
        return "TypeError"


@case(formats=("json", "xml", "yaml", "jsonl"))
def write_only_stream(serialize):
    class Stream:
        def __init__(self):
            self.written = []

        def write(self, text):
            self.written.append(text)

        def flush(self):
            pass

    class TextStream(Stream, io.TextIOBase):
        def writable(self):
            return True

        def write(self, text):
            super().write(text)
            return len(text)

    # XML needs to know whether to write text or bytes.
    stream = TextStream() if serialize.format == "xml" else Stream()
    result = serialize(m.Everything.objects.order_by("pk"), stream=stream)
    return ["".join(stream.written), result]


@case
def progress(serialize):
    shown = io.StringIO()
    output = serialize(books(), progress_output=shown, object_count=11)
    return [output, shown.getvalue()]


@case
def round_trip(serialize):
    if serialize.format == "python":
        return None
    output = serialize(m.Everything.objects.order_by("pk"))
    return [repr(one.object.__dict__["char"]) for one in serializers.deserialize(serialize.format, output)]


@case(formats=("json", "xml", "yaml"))
def dumpdata(serialize):
    from django.core.management import call_command

    outputs = []
    for options in ({}, {"use_natural_foreign_keys": True}, {"use_base_manager": True}):
        output = io.StringIO()
        call_command(
            "dumpdata", "cases.Everything", "cases.Book", "cases.Tag", "cases.Author",
            format=serialize.format, stdout=output, **options,
        )  # fmt: skip
        outputs.append(output.getvalue())
    return outputs


# Serializers that people derive from Django's.


class OwnEnd(pyyaml.Serializer):
    def end_serialization(self):
        self.objects.append({"count": len(self.objects)})
        super().end_serialization()


class OwnObjects(pyyaml.Serializer):
    shared = [1, 2]

    def get_dump_object(self, obj):
        return {**super().get_dump_object(obj), "shared": self.shared}


class OwnEndOfObject(pyyaml.Serializer):
    def end_object(self, obj):
        super().end_object(obj)
        self.objects[-1]["more"] = True


@case(formats=("yaml",))
def derived(serialize):
    outputs = []
    for derived_class in (OwnEnd, OwnObjects, OwnEndOfObject):
        instance = derived_class()
        outputs.append([instance.serialize(m.Tag.objects.order_by("pk")), repr(instance.objects)])
    return outputs


@case(formats=("json", "xml", "yaml"))
def one_serializer_used_twice(serialize):
    instance = serializers.get_serializer(serialize.format)()
    return [instance.serialize(books()), instance.serialize(m.Tag.objects.order_by("pk"))]


# What else happens on the connection meanwhile.


@case
def queries_in_between(serialize):
    def counted():
        for book in books().iterator():
            book.title += f" of {m.Book.objects.count()}"
            yield book

    return serialize(counted())


@case
def two_iterations_at_once(serialize):
    pairs = zip(books().iterator(), m.Restaurant.objects.order_by("pk").iterator())
    return serialize(itertools.chain.from_iterable(pairs))


@case
def changes_in_between(serialize):
    # Rows that weren't fetched yet may show a change in SQLite, so other rows are changed.
    def changing():
        for book in books().iterator():
            m.Tag.objects.filter(name="tag 0").update(name="tag 0")
            yield book

    with transaction.atomic():
        return serialize(changing())


@case
def savepoints_in_between(serialize):
    def saving():
        for n, book in enumerate(books().iterator()):
            try:
                with transaction.atomic():
                    m.Tag.objects.create(name="rolled back")
                    if n % 2:
                        raise RuntimeError
            except RuntimeError:
                pass
            yield book

    with transaction.atomic():
        output = serialize(saving())
        tags = m.Tag.objects.filter(name="rolled back").count()
        transaction.set_rollback(True)
    return [output, tags]


@case(vendors=("postgresql", "mysql"))
def transactions_in_between(serialize):
    def committing():
        for book in books().iterator():
            with transaction.atomic():
                m.Tag.objects.filter(name="tag 0").update(name="tag 0")
            yield book

    return serialize(committing())


@case
def uncommitted_rows(serialize):
    with transaction.atomic():
        tag = m.Tag.objects.create(name="uncommitted")
        output = serialize(m.Tag.objects.filter(name="uncommitted").defer("id"), fields=["name"])
        tag.delete()
        transaction.set_rollback(True)
    return output.count("uncommitted")


@case(vendors=("postgresql", "mysql"))
def locked_rows(serialize):
    with transaction.atomic():
        return serialize(books().select_for_update())


@case
def failure_in_between(serialize):
    try:
        with transaction.atomic():
            serialize(m.Pointer.objects.order_by("pk"), use_natural_foreign_keys=True)
    except RuntimeError as error:
        return [str(error), m.Book.objects.count(), serialize(books())]


@case
def database_error_in_between(serialize):
    def failing():
        for book in books().iterator():
            yield book
            m.Book.objects.raw("SELECT * FROM nowhere")[0]

    try:
        with transaction.atomic():
            serialize(failing())
    except django.db.DatabaseError as error:
        return [type(error).__name__, m.Book.objects.count()]


# What the connection does with rows that are pending. Only MySQL's can't do anything else then.


@case(formats=("json",))
def abandoned_iterators(serialize):
    kept = books().iterator()
    first = next(kept).pk
    dropped = books().iterator()
    next(dropped)
    del dropped
    closed = books().iterator()
    next(closed)
    closed.close()
    return [first, m.Book.objects.count(), [book.pk for book in kept]]


@case(formats=("json",), vendors=("sqlite", "mysql"))
def cursors(serialize):
    with connection.chunked_cursor() as cursor:
        cursor.execute("SELECT id FROM cases_book ORDER BY id")
        rows = [cursor.fetchone(), list(cursor.fetchmany(2)), list(cursor.fetchmany())]
        rows.append(m.Book.objects.count())
        rows += [cursor.fetchone(), list(cursor.fetchmany(2)), list(cursor.fetchall())]
        rows += [cursor.fetchone(), list(cursor.fetchmany(2)), list(cursor.fetchall())]
        cursor.execute("SELECT id FROM cases_book ORDER BY id")
        rows.append(list(cursor))
        cursor.execute("SELECT id FROM cases_book ORDER BY id")
        cursor.fetchone()
        cursor.execute("SELECT 7")
        rows.append(list(cursor.fetchall()))
        rows.append(len(cursor.description))
    return rows


@case(formats=("json",), vendors=("mysql",))
def everything_that_needs_the_connection(serialize):
    def other_cursor():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchall()

    def transaction_by_hand():
        transaction.set_autocommit(False)
        m.Book.objects.count()
        transaction.commit()
        transaction.rollback()
        transaction.set_autocommit(True)

    open_cursor = connection.cursor()
    open_cursor.execute("SELECT 1")
    actions = [
        other_cursor,
        transaction_by_hand,
        connection.is_usable,
        open_cursor.nextset,
        open_cursor.close,
        connection.check_constraints,
    ]
    results = []
    for action in actions:
        rows = books().iterator()
        next(rows)
        result = action()
        results.append([action.__name__, result, len(list(rows)), m.Book.objects.count()])
    return results


@case(formats=("json",), vendors=("mysql",))
def abandoned_and_collected_later(serialize):
    import gc

    def in_a_cycle():
        rows = books().iterator()
        next(rows)
        cycle = [rows]
        cycle.append(cycle)

    gc.disable()
    try:
        in_a_cycle()
        rows = books().iterator()
        next(rows)
        gc.collect()
        return [len(list(rows)), m.Book.objects.count()]
    finally:
        gc.enable()


def check_streaming():
    """Assert what differs between the states, and is what the patches are for."""
    patched = STATE == "patched"
    rows = books()
    serializers.serialize("json", rows)
    assert (rows._result_cache is None) == patched
    if connection.vendor == "mysql":
        with connection.chunked_cursor() as cursor:
            cursor.execute("SELECT id FROM cases_book")
            kind = type(cursor.cursor.cursor).__name__
            assert kind == ("SSCursor" if patched else "Cursor"), kind

    class Early(io.StringIO):
        def __init__(self):
            super().__init__()
            self.rows_at_first_write = None

        def write(self, text):
            if self.rows_at_first_write is None:
                self.rows_at_first_write = built
            return super().write(text)

    built = 0

    def count(**kwargs):
        nonlocal built
        built += 1

    models.signals.post_init.connect(count, sender=m.Everything)
    try:
        for n in range(60):
            m.Everything.objects.create(text="x" * 1000, moment=datetime.datetime.now(UTC))
        built = 0
        stream = Early()
        everything = m.Everything.objects.order_by("-pk").filter(document__isnull=True)
        serializers.serialize("yaml", everything, stream=stream)
        early = stream.rows_at_first_write < 50
        assert early == patched, stream.rows_at_first_write
    finally:
        models.signals.post_init.disconnect(count, sender=m.Everything)


def run(function, output_format, same_queries):
    with CaptureQueriesContext(connection) as queries:
        try:
            output, error = function(serializer(output_format)), None
        except Exception as raised:  # noqa: BLE001
            output, error = None, f"{type(raised).__name__}: {raised}"
    count = len(queries) if same_queries else None
    return {"output": output, "error": error, "queries": count}


def drop_tables():
    names = [name for name in connection.introspection.table_names() if name.startswith("cases_")]
    end = " CASCADE" if connection.vendor == "postgresql" else ""
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(name)}{end}")


def main():
    drop_tables()
    with connection.schema_editor() as editor:
        for model in m.MODELS:
            editor.create_model(model)
    m.fill()
    results = {
        f"{function.__name__}/{output_format}": run(function, output_format, same_queries)
        for function, formats, vendors, same_queries in CASES
        if connection.vendor in vendors
        for output_format in (set(formats) & {"yaml"} if PURE_YAML else formats)
    }
    check_streaming()
    json.dump(results, sys.stdout, default=str)


main()
