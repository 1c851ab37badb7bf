import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { needs } from '../parts.ts';
import { Example } from './verify/example.ts';

let minimal: Example;

/** A project with what repositories have that are deployed somewhere: files, hosts and a PATH of that place. */
beforeAll(async () => {
  minimal = new Example('django-minimal', '3.11');
  writeFileSync(
    join(minimal.root, 'shop.service'),
    [
      '[Service]',
      'WorkingDirectory=/srv/of-the-deployment',
      'Environment=PATH=/srv/of-the-deployment/venv/bin',
      'ExecStart=/srv/of-the-deployment/venv/bin/gunicorn --workers 1 --bind unix:/srv/of-the-deployment/s \\',
      '    --capture-output --error-logfile /srv/of-the-deployment/log/error.log mysite.wsgi',
      '',
    ].join('\n'),
  );
  appendFileSync(
    join(minimal.root, 'mysite/settings.py'),
    '\nimport os\nDEBUG = False\nALLOWED_HOSTS = [os.environ.get("DOMAIN")]\n',
  );
  writeFileSync(
    join(minimal.root, 'mysite/browsers.py'),
    [
      'import os',
      '',
      '',
      'def count_browsers(get_response):',
      '    def count(request):',
      '        print(request.META["HTTP_USER_AGENT"].lower())',
      '        if "FAILS_AT_ONCE" in os.environ:',
      '            raise LookupError("before every page")',
      '        return get_response(request)',
      '',
      '    return count',
      '',
    ].join('\n'),
  );
  appendFileSync(
    join(minimal.root, 'mysite/settings.py'),
    '\nMIDDLEWARE += ["mysite.browsers.count_browsers"]\n',
  );
  appendFileSync(
    join(minimal.root, 'mysite/urls.py'),
    '\n\ndef handler404(request, exception):\n    raise LookupError("the page of the 404")\n',
  );
  await minimal.init();
});

beforeEach((context) => needs(context, 'linux', 'plain core pattern'));

afterAll(() => minimal.remove());

test('a host that only the environment says, and the log file of the deployment', async () => {
  const { outcome, detail } = await minimal.verify(['--timeout', '5']);
  expect(outcome.exitCode).toBe(3);
  expect(detail('start')).toContain(
    'ALLOWED_HOSTS allows no host: pass the variable that sets it with --env',
  );
});

test('a middleware that fails before any page: its exception is named', async () => {
  const broken = ['--env', 'DOMAIN=shop.example.com', '--env', 'FAILS_AT_ONCE=1', '--timeout', '5'];
  const { outcome, detail } = await minimal.verify(broken);
  expect(outcome.exitCode).toBe(3);
  expect(detail('start')).toMatch(
    /an exception ends its process: LookupError: before every page \(File ".*\/browsers\.py", line 8, in count\)/,
  );
});

test('a handled error that ends a worker: what was raised is named, and every other step goes on', async () => {
  const { steps, detail } = await minimal.verify(['--env', 'DOMAIN=shop.example.com']);
  expect(detail('handled-errors')).toMatch(
    /^missing ECONNRESET, .*: 1 worker ended\. missing, no-such-page: LookupError: the page of the 404$/,
  );
  expect(steps).toMatchObject({ start: true, 'handled-errors': false, abort: true, 'log-line': true });
});

test('--command finds its program in the environment of --python, whatever PATH the service has', async () => {
  const { detail, steps } = await minimal.verify([
    '--env',
    'DOMAIN=shop.example.com',
    '--command',
    'gunicorn --workers 1 mysite.wsgi',
  ]);
  expect(steps['start'], detail('start')).toBe(true);
});

test('Django 1.11, whose routes are of another kind', async () => {
  const old = await Example.initialised('django-minimal', '3.8', 'Django~=1.11.0');
  onTestFinished(() => old.remove());
  old.replace('mysite/urls.py', /^from django\.urls import path$/gm, 'from django.conf.urls import url');
  old.replace('mysite/urls.py', /path\('admin\/', /g, "url('^admin/', ");
  const { outcome, steps } = await old.verify(['--env', 'PYCRASH_UNDER_DEBUG=1']);
  expect(steps, outcome.stderr).toMatchObject({
    start: true,
    'handled-errors': true,
    abort: true,
    report: true,
    recovery: true,
  });
});
