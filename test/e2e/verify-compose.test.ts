// The shop in real containers: its own compose file under podman, whose restart policy brings it back.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../src/crashtest/address.ts';
import type { Verification } from '../../src/crashtest/verification.ts';
import { waitFor } from '../../src/crashtest/wait.ts';
import { needs } from '../parts.ts';
import { IMAGE, Podman } from '../podman.ts';
import { pycrash } from './pycrash.ts';
import { Example, PAGE, SECRET, SUPERVISED_GOOD } from './verify/example.ts';

const COMPOSE = `services:
  web:
    build: .
    image: shop:production
    container_name: shop
    command: python3.11 -m gunicorn --bind 0.0.0.0:8000 --workers 2 shop.wsgi:application
    user: shop
    working_dir: /var/lib/shop
    restart: unless-stopped
    ports: ["8000:8000"]
    ulimits:
      core: -1
      nofile: 1024
      nproc: 4096
    volumes: ["cores:/var/lib/shop"]
volumes:
  cores:
    name: shop-cores
`;

const DOCKERFILE = `FROM ${IMAGE}
COPY . /srv/shop
ENV PYTHONPATH=/srv/shop
`;

let shop: Example;
let podman: Podman;

beforeEach((context) => needs(context, 'root', 'podman', 'plain core pattern'));

beforeAll(async () => {
  shop = await Example.initialised('django-shop', undefined, undefined, undefined, ['--with', 'crash-route']);
  podman = new Podman(join(shop.python, '../../lib/python3.11/site-packages'));
  writeFileSync(join(shop.root, 'Dockerfile'), DOCKERFILE);
});

afterAll(() => {
  podman.remove();
  shop.remove();
});

function deploy(change: (text: string) => string = (text) => text): void {
  writeFileSync(join(shop.root, 'docker-compose.yml'), change(COMPOSE));
}

/** Steps of `verify --supervisor compose`. */
async function verify() {
  return shop.verify(['--supervisor', 'compose', ...SECRET], podman.environment);
}

test('the service of the compose file, built, crashed and back; nothing is left', async () => {
  deploy();
  const before = { images: podman.run('images', '--quiet'), volumes: podman.run('volume', 'ls') };
  const { outcome, document, steps, detail } = await verify();
  expect(steps, outcome.stderr).toMatchObject(SUPERVISED_GOOD);
  expect(outcome.exitCode).toBe(0);
  expect(document).toMatchObject({ server: 'gunicorn', supervisor: 'compose' });
  expect(detail('start')).toContain('docker-compose.yml: web under podman-compose');
  expect(detail('main-process')).toContain('container exited with 139');
  expect(podman.run('ps', '--all', '--quiet')).toBe('');
  expect(podman.run('images', '--quiet')).toBe(before.images);
  expect(podman.run('volume', 'ls')).toBe(before.volumes);
  expect(readFileSync(join(shop.root, 'docker-compose.yml'), 'utf8')).toBe(COMPOSE);
});

test('without restart: nothing starts the container again, and the step says so', async () => {
  deploy((text) => text.replace('    restart: unless-stopped\n', ''));
  const { outcome, steps, detail } = await verify();
  expect(steps, outcome.stderr).toMatchObject({ abort: true, recovery: true, 'main-process': false });
  expect(detail('main-process')).toContain('exited with 139 and is not started again (restart: no)');
  expect(outcome.exitCode).toBe(1);
  expect(podman.run('ps', '--all', '--quiet')).toBe('');
});

test('a volume of the deployment is not touched', async () => {
  deploy((text) => text.replace('    name: shop-cores', '    external: true'));
  const { outcome } = await verify();
  expect(outcome.stderr).toContain('the volume cores is external: it belongs to a deployment');
  expect(outcome.exitCode).toBe(3);
});

test('killed in the middle: the next run removes the container', async () => {
  deploy();
  const kill = new AbortController();
  const killed = shop.verify(['--supervisor', 'compose', ...SECRET], podman.environment, kill.signal);
  await waitFor(60, () => (podman.run('ps', '--quiet') === '' ? undefined : true), 0.2);
  kill.abort();
  await killed;
  expect(podman.run('ps', '--quiet')).not.toBe('');
  deploy((text) => text.replace('    name: shop-cores', '    external: true'));
  await verify();
  expect(podman.run('ps', '--all', '--quiet')).toBe('');
});

describe('a container that runs already', () => {
  const NAME = 'shop';
  const TOKEN = 'of-the-test-'.repeat(4);
  let url: string;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://localhost:${port}/nothing-here/`;
    writeFileSync(join(shop.root, 'shop/page.py'), PAGE);
    podman.run('build', '--tag', 'localhost/deployed', shop.root);
    const environment = {
      DJANGO_SECRET_KEY: 'of-the-test',
      PYCRASH_BUDGET_DIRECTORY: '/tmp/budget',
      PYCRASH_CRASH_ROUTE: '/crash-4b1e',
      PYCRASH_CRASH_TOKEN: TOKEN,
    };
    const variables = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    podman.run(
      'run',
      '--detach',
      '--name',
      NAME,
      '--user',
      'shop',
      '--workdir',
      '/var/lib/shop',
      ...variables,
      '--ulimit',
      'core=-1:-1',
      '--ulimit',
      'nofile=1024:1024',
      '--ulimit',
      'nproc=4096:4096',
      '--network',
      'host',
      'localhost/deployed',
      'python3.11',
      '-m',
      'gunicorn',
      '--bind',
      `127.0.0.1:${port}`,
      'shop.page:application',
    );
    const answers = (): Promise<boolean> =>
      fetch(url).then(
        ({ status }) => status === 200,
        () => false,
      );
    await waitFor(60, async () => ((await answers()) ? true : undefined), 0.2);
  });

  test('doctor --container looks at the processes in it, and blames none', async () => {
    const { stdout } = await pycrash(['doctor', '--container', NAME, '--json'], { env: podman.environment });
    const { checks } = JSON.parse(stdout) as { checks: { id: string; verdict: string; subject: string }[] };
    const processes = checks.filter(({ subject }) => subject !== 'host');
    expect(processes.filter(({ verdict }) => verdict !== 'good')).toEqual([]);
    expect(new Set(processes.map(({ subject }) => subject)).size).toBe(2);
    expect(processes.filter(({ id }) => id === 'module-loaded')).toHaveLength(1);
  });

  test('verify --attach --container crashes it, and finds the core in it', async () => {
    const { stdout, stderr, exitCode } = await pycrash(
      [
        'verify',
        '--json',
        '--attach',
        url,
        '--allow-crash',
        '/crash-4b1e',
        '--container',
        NAME,
        '--timeout',
        '30',
      ],
      { env: { ...podman.environment, PYCRASH_CRASH_TOKEN: TOKEN } },
    );
    const { steps, cores } = JSON.parse(stdout) as Verification;
    expect(Object.fromEntries(steps.map(({ id, ok }) => [id, ok])), stderr).toEqual({
      start: true,
      abort: true,
      recovery: true,
      'core-present': true,
      report: true,
    });
    expect(cores.map(({ path }) => path)).toEqual(['/var/lib/shop/core']);
    expect(exitCode).toBe(0);
  });
});
