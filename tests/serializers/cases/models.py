"""Models with whatever makes a difference to a serializer."""

import datetime
from decimal import Decimal

from django.core import serializers
from django.db import models


class FewAtATime(models.QuerySet):
    """Fetches three rows at a time, so that small tables have rows that are still pending."""

    def iterator(self, chunk_size=None):
        return super().iterator(chunk_size=min(chunk_size or 3, 3))


class ByNaturalKey(models.Manager.from_queryset(FewAtATime)):
    def get_by_natural_key(self, *key):
        return self.get(name=key[0])


class Base(models.Model):
    objects = models.Manager.from_queryset(FewAtATime)()

    class Meta:
        abstract = True


class Author(Base):
    name = models.CharField(max_length=50)
    born = models.DateField()
    objects = ByNaturalKey()

    def natural_key(self):
        return (self.name, self.born)


class Tag(Base):
    name = models.CharField(max_length=50)
    objects = ByNaturalKey()

    class Meta:
        # Or a database may give a book's tags in another order each time.
        ordering = ["pk"]

    def natural_key(self):
        return (self.name,)


class Constant(Base):
    name = models.CharField(max_length=50)
    objects = ByNaturalKey()

    def natural_key(self):
        return ("always", "the same tuple")


class Day(Base):
    day = models.DateField(primary_key=True)

    class Meta:
        ordering = ["pk"]


class Price(Base):
    amount = models.DecimalField(max_digits=8, decimal_places=2, primary_key=True)


class Nested(Base):
    """Its natural key serializes other rows."""

    name = models.CharField(max_length=50)
    objects = ByNaturalKey()

    def natural_key(self):
        return (self.name, serializers.serialize("json", Tag.objects.order_by("pk")))


class Book(Base):
    title = models.CharField(max_length=50)
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    constant = models.ForeignKey(Constant, models.CASCADE, null=True)
    nested = models.ForeignKey(Nested, models.CASCADE, null=True)
    price = models.ForeignKey(Price, models.CASCADE, null=True, related_name="books")
    tags = models.ManyToManyField(Tag)
    days = models.ManyToManyField(Day)
    sequels = models.ManyToManyField("self", symmetrical=False)

    class Meta:
        ordering = ["pk"]


class Cheap(Book):
    class Meta:
        proxy = True


class Place(Base):
    name = models.CharField(max_length=50)
    objects = ByNaturalKey()

    def natural_key(self):
        return (self.name,)


class Restaurant(Place):
    stars = models.IntegerField()
    opened = models.DateTimeField()


class Everything(Base):
    big = models.BigIntegerField(null=True)
    binary = models.BinaryField(null=True)
    boolean = models.BooleanField(null=True)
    char = models.CharField(max_length=255, null=True)
    date = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    number = models.DecimalField(max_digits=12, decimal_places=3, null=True)
    duration = models.DurationField(null=True)
    ratio = models.FloatField(null=True)
    address = models.GenericIPAddressField(null=True)
    document = models.JSONField(null=True)
    text = models.TextField(null=True)
    time = models.TimeField(null=True)
    unique = models.UUIDField(null=True)


SHARED = {Decimal("1.00"): Decimal("1.00")}


class SharingField(models.DecimalField):
    """Gives all rows the same object for the same value."""

    def from_db_value(self, value, expression, connection):
        value = Decimal(value).quantize(Decimal("1.00"))
        return SHARED.setdefault(value, value)


class Sharing(Base):
    value = SharingField(max_digits=5, decimal_places=2)


class Composite(Base):
    pk = models.CompositePrimaryKey("day", "number")
    day = models.DateField()
    number = models.IntegerField()
    text = models.CharField(max_length=20)


class Failing(Base):
    name = models.CharField(max_length=50)
    objects = ByNaturalKey()

    def natural_key(self):
        raise RuntimeError(f"no key for {self.name}")


class Pointer(Base):
    target = models.ForeignKey(Failing, models.CASCADE, null=True)


MODELS = [
    Author, Tag, Constant, Day, Price, Nested, Book, Place, Restaurant, Everything, Sharing,
    Composite, Failing, Pointer,
]  # fmt: skip

UTC = datetime.timezone.utc


def fill():
    """Insert the same rows in every database."""
    authors = [
        Author.objects.create(name=f"Åuthor {n}", born=datetime.date(1950, 1, n)) for n in (1, 2)
    ]
    tags = [Tag.objects.create(name=f"tag {n}") for n in range(4)]
    days = [Day.objects.create(day=datetime.date(2020, 2, n)) for n in (1, 2, 3)]
    prices = [Price.objects.create(amount=Decimal(n) / 4) for n in (1, 2)]
    constant = Constant.objects.create(name="constant")
    nested = Nested.objects.create(name="nested")
    books = []
    for n in range(11):
        book = Book.objects.create(
            title=f"Book {n:02}: “quoted”, & <tagged>",
            author=authors[n % 2],
            constant=constant if n % 3 else None,
            nested=nested if n % 4 == 0 else None,
            price=prices[n % 2] if n % 5 else None,
        )
        book.tags.set(tags[: n % 4])
        book.days.set(days[: n % 3])
        book.sequels.set(books[-2:])
        books.append(book)
    for n in range(5):
        Restaurant.objects.create(
            name=f"Restaurant {n}", stars=n, opened=datetime.datetime(2020, 1, 1, n, tzinfo=UTC)
        )
    Everything.objects.create()
    for n in range(7):
        Everything.objects.create(
            big=2**62 + n,
            binary=bytes(range(n, 200)),
            boolean=n % 2 == 0,
            char="é — 漢字 😀 \" ' : - # & <" * (n % 3) + " " * n,
            date=datetime.date(2000 + n, 2, 28),
            moment=datetime.datetime(2000, 1, 1, 1, 2, 3, 456_000 * (n % 2), tzinfo=UTC),
            number=Decimal("123456.789") + n,
            duration=datetime.timedelta(days=n, seconds=5, microseconds=7),
            ratio=n / 7,
            address="2001:db8::1" if n % 2 else "192.0.2.1",
            document={"list": [1, "two", None], "nested": {"n": n}} if n % 2 else [],
            text="line one\nline two: #\n\n  indented\n" * (n % 3) + "x" * 120,
            time=datetime.time(n, 2, 3),
            unique=f"12345678-1234-5678-1234-56781234567{n}",
        )
    for n in range(5):
        Sharing.objects.create(value=Decimal(n % 2 + 1))
    for n in range(5):
        Composite.objects.create(day=datetime.date(2021, 3, 1 + n // 2), number=n, text=f"text {n}")
    for n in range(5):
        target = Failing.objects.create(name=f"target {n}") if n == 4 else None
        Pointer.objects.create(target=target)
