"""The rows that are serialized. memgrid makes the table and fills it."""

from django.conf import settings
from django.db import models


class Record(models.Model):
    """A row of four strings."""

    text_1 = models.CharField(max_length=255)
    text_2 = models.CharField(max_length=255)
    text_3 = models.CharField(max_length=255)
    text_4 = models.CharField(max_length=255)

    class Meta:
        db_table = settings.MEMGRID_TABLE
        managed = False
