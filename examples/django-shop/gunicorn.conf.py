"""gunicorn reads this file from its working directory."""

bind = "127.0.0.1:8000"
workers = 2
timeout = 30
accesslog = "-"
errorlog = "-"
