import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
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

test('a handled error that ends a worker: what was raised is named, and every other step goes on', async () => {
  const { steps, detail } = await minimal.verify(['--env', 'DOMAIN=shop.example.com']);
  expect(detail('handled-errors')).toMatch(
    /^missing ECONNRESET, .*: 1 worker ended\. missing: LookupError: the page of the 404\. no-such-page: LookupError/,
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
