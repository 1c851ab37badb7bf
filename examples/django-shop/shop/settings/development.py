"""Settings for a developer's machine; manage.py uses them by default."""

from .base import *  # noqa: F403

DEBUG = True

SECRET_KEY = "django-insecure-only-for-development"

ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

PAYMENT_API_KEY = "sk_test_development"
