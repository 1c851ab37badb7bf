/** One small repository a kind of supervisor; the tests read them as they are, and with anything done to them. */
export const SAMPLES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  supervisord: {
    'deploy/web.conf': `[supervisord]
environment=LANG="C.UTF-8"

[program:web]
; the shop
command=newrelic-admin run-program
    /srv/shop/venv/bin/gunicorn shop.wsgi:application --workers=3 ; three
directory=/srv/shop
user=shop
autorestart=true
environment=DJANGO_SETTINGS_MODULE="shop.settings.production",A=b

[program:nginx]
command=nginx -g "daemon off;"
`,
  },
  runit: {
    'etc/service/web/run': `#!/bin/sh
exec 2>&1
ulimit -c unlimited
cd /srv/shop
export DJANGO_SETTINGS_MODULE=shop.settings
exec chpst -u shop gunicorn shop.wsgi
`,
    'etc/service/web/log/run': '#!/bin/sh\nexec svlogd -tt /var/log/web\n',
  },
  s6: {
    'root/etc/s6-overlay/s6-rc.d/svc-web/run': `#!/usr/bin/with-contenv bash
exec s6-setuidgid abc uvicorn shop.asgi:application --workers 2
`,
    'root/etc/s6-overlay/s6-rc.d/svc-web/type': 'longrun\n',
    'root/etc/s6-overlay/s6-rc.d/init-db/run': '#!/usr/bin/with-contenv bash\npython manage.py migrate\n',
    'root/etc/s6-overlay/s6-rc.d/init-db/type': 'oneshot\n',
    'root/etc/s6-overlay/s6-rc.d/svc-worker/run': `#!/command/execlineb -P
s6-softlimit -c =
s6-setuidgid abc
celery -A shop worker
`,
  },
  daemontools: {
    'service/web/run':
      '#!/bin/sh\nexec setuidgid shop softlimit -c = envdir ./env daphne shop.asgi:application\n',
  },
  openrc: {
    'deploy/shop.initd': `#!/sbin/openrc-run
name="shop"
directory="/srv/shop"
command="/srv/shop/venv/bin/gunicorn"
command_args="--bind 127.0.0.1:8000 shop.wsgi"
command_user="shop:shop"
supervisor=supervise-daemon
rc_ulimit="-c unlimited"
`,
  },
  circus: {
    'circus.ini': `[watcher:web]
cmd = uvicorn --fd $(circus.sockets.web) shop.asgi:application
working_dir = /srv/shop
uid = shop
respawn = False
rlimit_core = -1

[env:web]
DJANGO_SETTINGS_MODULE = shop.settings
`,
  },
  compose: {
    'compose.yaml': `x-app: &app
  build: .
  restart: unless-stopped
  env_file: prod.env
services:
  web:
    <<: *app
    environment:
      DJANGO_SETTINGS_MODULE: shop.settings.production
    ulimits:
      core: -1
  worker:
    <<: *app
    restart: "no"
    user: "1000"
    command: celery -A shop worker
  db:
    image: postgres:16
`,
    'prod.env': 'SECRET=1\n',
    Dockerfile: `FROM python:3.12 AS base
ENV PORT=8000
WORKDIR /app
COPY docker/start.sh /usr/local/bin/start
FROM base
USER app
ENTRYPOINT ["tini", "--"]
CMD ["/usr/local/bin/start", "web"]
`,
    'docker/start.sh': `#!/bin/bash
set -e
case "$1" in
  web)
    python manage.py migrate
    exec gunicorn --bind 0.0.0.0:$PORT shop.wsgi:application
    ;;
  dev) exec python manage.py runserver ;;
esac
`,
  },
  kubernetes: {
    'k8s/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  template:
    spec:
      securityContext:
        runAsUser: 1000
      containers:
        - name: web
          image: {{ .Values.image }}
          command: ["gunicorn", "shop.wsgi:application"]
          args:
            - --workers={{ .Values.workers | default 2 }}
          workingDir: /app
          env:
            - name: DJANGO_SETTINGS_MODULE
              value: shop.settings.production
          {{- with .Values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
        - name: proxy
          image: nginx
`,
  },
  procfile: {
    Procfile:
      'release: python manage.py migrate\nweb: bin/start-nginx ddtrace-run gunicorn shop.wsgi --log-file -\nworker: celery -A shop worker\n',
    'fly.toml': '[processes]\nweb = "uvicorn shop.asgi:application --workers 2"\n',
    'app.json': '{"name": "shop", "env": {"A": "b"}}',
    'heroku.yml': 'run:\n  web: uwsgi --ini uwsgi.ini\n',
    'uwsgi.ini': '[uwsgi]\nmodule = shop.wsgi:application\nmaster = true\n',
  },
  nomad: {
    'deploy/shop.nomad': `job "shop" {
  group "web" {
    restart {
      attempts = 0
    }
    task "app" {
      driver = "docker"
      user   = "shop"
      env { DJANGO_SETTINGS_MODULE = "shop.settings" }
      config {
        command = "gunicorn"
        args    = ["shop.wsgi", "--bind", "0.0.0.0:8000"]
        ulimit { core = "-1" }
      }
    }
  }
}
`,
  },
  apache: {
    'deploy/apache.conf': `<VirtualHost *:80>
  WSGIDaemonProcess shop user=shop group=shop threads=5 home=/srv/shop
  WSGIProcessGroup shop
  WSGIScriptAlias / /srv/shop/shop/wsgi.py
  SetEnv DJANGO_SETTINGS_MODULE shop.settings
</VirtualHost>
`,
  },
  'nginx-unit': {
    'unit-config.json': `{"applications": {"shop": {"type": "python 3.12", "path": "/srv/shop", "module": "shop.wsgi",
  "user": "shop", "environment": {"DJANGO_SETTINGS_MODULE": "shop.settings"}}}}
`,
  },
  uwsgi: {
    'conf/uwsgi.ini': `[uwsgi]
base = /srv/shop
chdir = %(base)
wsgi-file = shop/wsgi.py
uid = www-data
env = DJANGO_SETTINGS_MODULE=shop.settings.production
processes = 4
`,
    'conf/uwsgi.xml':
      '<uwsgi>\n  <module>shop.wsgi</module>\n  <master/>\n  <chdir>/srv/shop</chdir>\n</uwsgi>\n',
    'conf/uwsgi.yaml':
      'uwsgi:\n  module: shop.wsgi:application\n  master: true\n  env:\n    - DJANGO_SETTINGS_MODULE=shop.settings\n',
  },
};
