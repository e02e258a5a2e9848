"""Django's settings for the workload; all that varies comes from the environment."""

import os

import database_url

DATABASES = {"default": database_url.parse(os.environ["MEMGRID_DATABASE_URL"])}
MEMGRID_TABLE = os.environ.get("MEMGRID_TABLE", "records_record")

INSTALLED_APPS = ["records"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
