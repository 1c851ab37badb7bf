import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readProject } from '../../src/project/read-project.ts';

const UNIT = '[Service]\nUser=shop\nExecStart=/srv/shop/venv/bin/gunicorn shop.wsgi\n';

test.each<[string, string, string[]]>([
  ['setup.sh', 'chown shop:shop /srv/shop', ['shop /srv/shop']],
  [
    'setup.sh',
    'sudo chown -R shop. /srv/shop/ "/var/log/shop"',
    ['shop /srv/shop/*', 'shop /var/log/shop/*'],
  ],
  ['setup.sh', '/bin/chown --recursive --from root shop /srv/shop; true', ['shop /srv/shop/*']],
  ['setup.sh', 'APP=/srv/shop\nOWNER="shop"\nchown ${OWNER}:$OWNER $APP/run', ['shop /srv/shop/run']],
  ['setup.sh', 'chown $SOMEBODY /srv/shop; chown shop $ANYWHERE relative', []],
  ['debian/shop.postinst', 'install -d -o shop -g www-data -m 750 /srv/shop', ['shop /srv/shop']],
  ['setup.sh', 'install -m644 -o shop shop.conf /etc/shop.conf', []],
  ['Dockerfile', 'FROM debian\nRUN mkdir /srv/shop && \\\n  chown shop /srv/shop', ['shop /srv/shop']],
  ['setup.sh', 'useradd --system -m -d /srv/shop shop', ['shop /srv/shop']],
  ['setup.sh', 'useradd --system -d /srv/shop shop', []],
  ['tmpfiles.d/shop.conf', 'd /srv/shop 0750 shop shop -\nf /srv/file 0600 shop', ['shop /srv/shop']],
  ['deploy/other.service', `${UNIT}ExecStartPre=+/bin/chown shop /srv/shop\n`, ['shop /srv/shop']],
  ['README.md', 'chown shop /srv/shop', []],
])('%s: %s', async (path, text, expected) => {
  const root = mkdtempSync(join(tmpdir(), 'pycrash-given-'));
  try {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, 'shop.service'), UNIT);
    writeFileSync(join(root, path), text);
    const { givenFolders } = await readProject(root);
    expect(givenFolders.map(({ user, path: at, below }) => `${user} ${at}${below ? '/*' : ''}`)).toEqual(
      expected,
    );
  } finally {
    rmSync(root, { recursive: true });
  }
});
