import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { LEAST, makeTree } from './django-project.ts';
import { needs } from '../../parts.ts';
import { pycrash } from '../pycrash.ts';
import { Example, type Verified } from '../verify/example.ts';

const trees: string[] = [];
afterEach(() => trees.splice(0).forEach((tree) => rmSync(tree, { recursive: true, force: true })));

const CONFIGURATION = 'bind = "127.0.0.1:8000"\nuser = "www-data"\ntimeout = 4\n';

/** A Django project that a unit starts as root with this configuration of gunicorn. */
function project(configuration: string): string {
  const root = makeTree({
    ...LEAST,
    'gunicorn.conf.py': configuration,
    'shop.service':
      '[Service]\nWorkingDirectory=/srv/shop\nExecStart=/srv/shop/venv/bin/gunicorn -c gunicorn.conf.py shop.wsgi\n',
  });
  trees.push(root);
  return root;
}

const read = (root: string): string => readFileSync(join(root, 'gunicorn.conf.py'), 'utf8');

const TIMEOUT = `
# A worker that writes its core is silent meanwhile: with less time the arbiter kills it
# (SIGKILL), and the core is cut off.
timeout = 30
`;

const HOOK = `

def post_worker_init(worker):
    # gunicorn has given root away by now, and the kernel writes no core of a process
    # that did (prctl(2), PR_SET_DUMPABLE) unless it is allowed again.
    from shop.abort_on_exception import allow_core

    allow_core()
`;

describe("gunicorn's configuration", () => {
  test('a hook of the project that is bound by another way than def is not replaced', async () => {
    const own = 'user = "www-data"\nfrom hooks import warm_up as post_worker_init\n';
    const root = project(own);
    const { stdout } = await pycrash(['init', '--yes', '--dumpable', '--json'], { cwd: root });
    expect(read(root)).toBe(own);
    expect(stdout).toContain('call allow_core of shop.abort_on_exception in post_worker_init');
  });

  test('a short time-out is raised; a core of a process that gave root away is the operator’s choice', async () => {
    const root = project(CONFIGURATION);
    const { stdout } = await pycrash(['init', '--yes', '--json'], { cwd: root });
    expect(read(root)).toBe(CONFIGURATION + TIMEOUT);
    const { notes } = JSON.parse(stdout) as { notes: { code: string; file?: string; line?: number }[] };
    expect(notes).toContainEqual(
      expect.objectContaining({ code: 'privilege-drop', file: 'gunicorn.conf.py', line: 2 }),
    );
    const checked = await pycrash(['check', '--json'], { cwd: root });
    expect(checked.stdout).toContain('"PYC030"');
    expect(checked.stdout).not.toContain('"PYC031"');
  });

  test('a file of PasteDeploy, whose end belongs to another section, is left alone, and what to write is said', async () => {
    const ini =
      '[app:main]\nuse = call:shop:main\n\n[server:main]\nuse = egg:gunicorn#main\ntimeout = 10\n\n[formatter_generic]\nformat = %(message)s\n';
    const root = makeTree({
      'shop/__init__.py':
        'from pyramid.config import Configurator\n\n\ndef main(global_config, **settings):\n    config = Configurator(settings=settings)\n    return config.make_wsgi_app()\n',
      'shop.ini': ini,
      Procfile: 'web: pserve shop.ini\n',
    });
    trees.push(root);
    const { stdout } = await pycrash(['init', '--yes', '--json'], { cwd: root });
    expect(readFileSync(join(root, 'shop.ini'), 'utf8')).toBe(ini);
    const { notes } = JSON.parse(stdout) as { notes: object[] };
    expect(notes).toContainEqual(
      expect.objectContaining({ code: 'worker-timeout', file: 'shop.ini', line: 6 }),
    );
  });

  test('--dumpable adds the hook; a second run has nothing to do; remove restores every byte', async () => {
    const root = project(CONFIGURATION);
    await pycrash(['init', '--yes', '--dumpable'], { cwd: root });
    expect(read(root)).toBe(CONFIGURATION + HOOK + TIMEOUT);
    expect((await pycrash(['check', '--json'], { cwd: root })).stdout).not.toContain('"PYC030"');
    const again = await pycrash(['init', '--yes', '--dumpable'], { cwd: root });
    expect(again.stdout + again.stderr).toContain('Nothing to do');
    await pycrash(['remove', '--yes'], { cwd: root });
    expect(read(root)).toBe(CONFIGURATION);
  });

  test('a file with CRLF line ends keeps them, and is seen to have the hook', async () => {
    const own = CONFIGURATION.replaceAll('\n', '\r\n');
    const root = project(own);
    await pycrash(['init', '--yes', '--dumpable'], { cwd: root });
    expect(read(root)).toBe(own + (HOOK + TIMEOUT).replaceAll('\n', '\r\n'));
    expect((await pycrash(['check', '--json'], { cwd: root })).stdout).not.toContain('"PYC030"');
    const again = await pycrash(['init', '--yes', '--dumpable'], { cwd: root });
    expect(again.stdout + again.stderr).toContain('Nothing to do');
  });

  test('a hook of that name stays as it is, and what to call is said', async () => {
    const own = `${CONFIGURATION.replace('timeout = 4', 'timeout = 60')}\ndef post_worker_init(worker):\n    pass\n`;
    const root = project(own);
    const { stdout } = await pycrash(['init', '--yes', '--dumpable', '--json'], { cwd: root });
    expect(read(root)).toBe(own);
    expect(stdout).toContain('call allow_core of shop.abort_on_exception in post_worker_init');
  });
});

test('under a real gunicorn that gives root away: no core, and with the hook each worker leaves one', async (context) => {
  needs(context, 'root', 'systemd', 'plain core pattern');
  const shop = new Example('django-shop');
  try {
    const unit = join(shop.root, 'deploy/django-shop.service');
    const started = readFileSync(unit, 'utf8').replaceAll(/^(User|Group)=.*\n/gm, '');
    writeFileSync(
      unit,
      started.replace('StateDirectory=', 'ExecStartPre=/bin/chmod 0777 .\nStateDirectory='),
    );
    // preloaded as root: what the module allows then is undone by the change of the user
    const own = '\nuser = "www-data"\ngroup = "www-data"\npreload_app = True\n';
    const file = join(shop.root, 'gunicorn.conf.py');
    writeFileSync(file, readFileSync(file, 'utf8') + own);
    const verify = (): Promise<Verified> =>
      shop.verify(['--supervisor', 'systemd', '--env', 'DJANGO_SECRET_KEY=of-the-test']);
    await pycrash(['init', '--yes'], { cwd: shop.root });
    const without = await verify();
    expect(without.steps, without.outcome.stderr).toMatchObject({ abort: true, 'core-present': false });
    await pycrash(['init', '--yes', '--force', '--dumpable'], { cwd: shop.root });
    expect(readFileSync(file, 'utf8')).toContain('def post_worker_init(worker):');
    const withHook = await verify();
    expect(withHook.steps, withHook.outcome.stderr).toMatchObject({ abort: true, 'core-present': true });
  } finally {
    shop.remove();
  }
});
