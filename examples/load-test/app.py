"""A small Django service, which keeps something of every request if APP_LEAK is `on`."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.template import engines
from django.urls import path

# Bytes that are kept of each request.
LEAK = int(os.environ.get("APP_LEAK_BYTES", 64 * 1024))
kept = []

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="not a secret: it signs nothing",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)


def answer(request):
    rows = [{"number": number, "square": number * number} for number in range(50)]
    template = engines["django"].from_string(
        "{% for row in rows %}{{ row.number }}: {{ row.square }}\n{% endfor %}"
    )
    if os.environ["APP_LEAK"] == "on":
        kept.append(bytearray(LEAK))
    return JsonResponse({"rows": template.render({"rows": rows})})


urlpatterns = [path("", answer)]
application = get_wsgi_application()
