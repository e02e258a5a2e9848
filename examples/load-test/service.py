"""A small Django service: squares of numbers, and a leak that LEAK=on switches on."""

import collections
import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

# Bytes that a request leaves behind, and how many requests do so: a worker's leak is bounded.
LEAK = 32 << 10
MOST_LEAKS = 8_000

leaked = collections.deque(maxlen=MOST_LEAKS)


def square(request, number):
    if os.environ.get("LEAK") == "on":
        leaked.append(bytearray(os.urandom(1)) * LEAK)
    return JsonResponse({"number": number, "square": number * number})


urlpatterns = [path("square/<int:number>", square)]

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="for a test on this machine",
)
django.setup()
application = get_wsgi_application()
