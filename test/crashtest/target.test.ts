import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { findTarget } from '../../src/crashtest/target.ts';
import { readProject } from '../../src/project/read-project.ts';

const MINIMAL = fileURLToPath(new URL('../../examples/django-minimal', import.meta.url));

test('Apache with mod_wsgi is no start command: gunicorn on wsgi.py is', async () => {
  const root = mkdtempSync(join(tmpdir(), 'target-test-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  cpSync(MINIMAL, root, { recursive: true });
  writeFileSync(
    join(root, 'apache.conf'),
    '<VirtualHost *:80>\nWSGIScriptAlias / /srv/site/mysite/wsgi.py\n</VirtualHost>\n',
  );
  const project = await readProject(root);
  expect(project.services.map(({ command }) => command?.value.server)).toContain('mod_wsgi');
  const target = findTarget(project, { root, environment: {}, keep: false, timeout: 1 });
  expect(target).toMatchObject({ server: 'gunicorn', supervisor: 'none' });
});
