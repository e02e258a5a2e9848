"""
A database URL as Django's DATABASES wants it: the forms that memgrid hands to a workload, and
those of people's own servers.
"""

from urllib.parse import parse_qsl, unquote, urlsplit

ENGINES = {
    "sqlite": "django.db.backends.sqlite3",
    "postgresql": "django.db.backends.postgresql",
    "postgres": "django.db.backends.postgresql",
    "mysql": "django.db.backends.mysql",
    "mariadb": "django.db.backends.mysql",
}

# Query parameters that say where to connect to, rather than how.
PLACES = {
    "host": "HOST",
    "port": "PORT",
    "user": "USER",
    "password": "PASSWORD",
    "dbname": "NAME",
    "socket": "HOST",
    "unix_socket": "HOST",
}

# Other drivers spell these with a hyphen; for mysqlclient some of them are parts of one option.
MYSQL_TLS_FILES = {"ssl-ca": "ca", "ssl-cert": "cert", "ssl-key": "key"}


def parse(url):
    """Return the entry of DATABASES for a URL."""
    parts = urlsplit(url)
    try:
        engine = ENGINES[parts.scheme]
    except KeyError:
        raise ValueError(
            f"MEMGRID_DATABASE_URL has the scheme {parts.scheme!r}; "
            f"this workload knows {', '.join(ENGINES)}."
        ) from None
    if engine == ENGINES["sqlite"]:
        return {"ENGINE": engine, "NAME": unquote(parts.path)}

    database = {
        "ENGINE": engine,
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": {},
    }
    for name, value in parse_qsl(parts.query):
        if name in PLACES:
            database[PLACES[name]] = value
        elif name == "statement-cache-capacity":
            continue  # memgrid's own driver has it, Python's haven't.
        elif name in MYSQL_TLS_FILES:
            database["OPTIONS"].setdefault("ssl", {})[MYSQL_TLS_FILES[name]] = value
        else:
            database["OPTIONS"][name.replace("-", "_")] = value
    if engine == ENGINES["mysql"] and database["HOST"] in ("", "localhost"):
        # To MySQL's client library this name means its default socket, whatever the port is.
        database["HOST"] = "127.0.0.1"
    return database
