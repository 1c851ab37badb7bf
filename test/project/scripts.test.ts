import { expect, test } from 'vitest';
import type { Files } from './evaluate.ts';
import { project } from './whole-project.ts';

const MAIN = 'def main():\n    pass\n\n\nif __name__ == "__main__":\n    main()\n';
const unit = (start: string, more = ''): string =>
  `[Service]\nWorkingDirectory=/srv/shop\nExecStart=/usr/bin/python3 ${start}\n${more}`;

/** Each program, as `framework package: file module`. */
async function scripts(files: Files): Promise<string[]> {
  const { applications } = await project(files);
  return applications.flatMap(({ framework, packageName, entryPoints }) =>
    entryPoints
      .filter(({ kind }) => kind === 'script')
      .map(({ file, module, wrapped }) =>
        `${framework} ${packageName}: ${file} ${module} ${wrapped === undefined ? '' : wrapped.line}`.trim(),
      ),
  );
}

test.each<{ what: string; files: Files; found: string[] }>([
  {
    what: 'a file, by a path of the host',
    files: { 'worker.service': unit('-u /srv/shop/worker.py --fast'), 'worker.py': MAIN },
    found: ['script : worker.py worker'],
  },
  {
    what: 'a file with a line that says who runs it',
    files: { Procfile: 'bot: ./jobs/bot.py\n', 'jobs/bot.py': `#!/usr/bin/env python3\n${MAIN}` },
    found: ['script : jobs/bot.py bot'],
  },
  {
    what: 'a module of a package, below src',
    files: { 'a.service': unit('-m shop.jobs'), 'src/shop/__init__.py': '', 'src/shop/jobs.py': MAIN },
    found: ['script shop: src/shop/jobs.py shop.jobs'],
  },
  {
    what: 'a package that is run',
    files: {
      Procfile: 'bot: python -W error -m bot --now\n',
      'bot/__init__.py': '',
      'bot/__main__.py': MAIN,
    },
    found: ['script bot: bot/__main__.py bot'],
  },
  {
    what: 'one that is wired',
    files: {
      Procfile: 'bot: python bot.py\n',
      'bot.py': 'from abort_on_exception import install\n\ninstall()\n',
    },
    found: ['script : bot.py bot 3'],
  },
  {
    what: 'beside a Django project: a part of that',
    files: {
      Procfile: 'web: gunicorn shop.wsgi\nbot: python bot.py\n',
      'shop/__init__.py': '',
      'shop/settings.py': 'MIDDLEWARE = []\n',
      'shop/wsgi.py':
        'from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n',
      'manage.py': 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
      'bot.py': MAIN,
    },
    found: ['django shop: bot.py bot'],
  },
  {
    what: 'what ends by itself is none',
    files: {
      Procfile: 'release: python load.py\nworker: python wait_for_db.py\n',
      'once.service': unit('once.py', 'Type=oneshot\n'),
      'nightly-backup.service': unit('copy.py'),
      'copy.py': MAIN,
      'load.py': MAIN,
      'wait_for_db.py': MAIN,
      'once.py': MAIN,
    },
    found: [],
  },
  {
    what: 'a name that has such a word in the middle',
    files: { 'latest.service': unit('initiative.py'), 'initiative.py': MAIN },
    found: ['script : initiative.py initiative'],
  },
  {
    what: 'the function that an installed command calls, the object of another one, and no subcommand that ends by itself',
    files: {
      'pyproject.toml':
        '[project.scripts]\nshop-mailer = "shop.mail:main"\nshop = "shop.cli:app"\nshop-example = "shop.example:main"\nshop-dev = "shop.example:main"\nbuild-shop = "shop.example:main"\n',
      'src/shop/example.py': MAIN,
      'mailer.service': '[Service]\nExecStart=/usr/bin/env poetry run shop-mailer --loop\n',
      'supervisord.conf': '[program:queue]\ncommand=/opt/venv/bin/shop run-queue\n',
      Procfile: 'release: shop migrate\nload: shop load-data --all\n',
      'examples/x/shop.conf': '[program:x]\ncommand=shop-example\n',
      'more.conf': '[program:a]\ncommand=shop-dev\n[program:b]\ncommand=build-shop watch\n',
      'etc/logrotate.d/shop-mailer': '/var/log/x {}\n',
      'src/shop/__init__.py': '',
      'src/shop/mail.py':
        'import x\n\n\ndef main():\n    from shop.abort_on_exception import install\n\n    install()\n    x.run()\n',
      'src/shop/cli.py': 'import typer\n\napp = typer.Typer()\n',
    },
    found: ['script shop: src/shop/mail.py shop.mail 7', 'script shop: src/shop/cli.py shop.cli'],
  },
  {
    what: 'an installed command that serves the application is none: the hooks come from there',
    files: {
      'setup.py': 'setup(entry_points={"console_scripts": ["shop=shop.main:main"]})\n',
      'shop.service': '[Service]\nExecStart=/usr/bin/shop\n',
      'shop/__init__.py': '',
      'shop/main.py': 'from shop.web import init\n\n\ndef main():\n    loop.run_until_complete(init())\n',
      'shop/web.py':
        'from aiohttp import web\n\n\ndef init():\n    app = web.Application()\n    return app\n',
    },
    found: [],
  },
  {
    what: 'what serves the application itself is none, nor what prepares for a server',
    files: {
      Procfile: 'web: python run.py\nother: python prepare.py && gunicorn other:app\n',
      'run.py': 'from shop import app\napp.run()\n',
      'prepare.py': MAIN,
    },
    found: [],
  },
])('$what', async ({ files, found }) => {
  expect(await scripts(files)).toEqual(found);
});

test('in another folder than the application: a note, and nothing is claimed', async () => {
  const files = {
    Procfile: 'web: gunicorn app:app\nbot: python tools/bot.py\n',
    'app.py': 'from flask import Flask\n\napp = Flask(__name__)\n',
    'tools/bot.py': MAIN,
  };
  expect(await scripts(files)).toEqual([]);
  const { notes } = await project(files);
  expect(notes.map(({ code, at }) => `${code} ${at?.file}:${at?.line}`)).toEqual([
    'script-left-alone Procfile:2',
  ]);
});
