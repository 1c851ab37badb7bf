// Containers as compose files and Kubernetes manifests say them, crashed under podman.
import { execa } from 'execa';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { waitFor } from '../../src/crashtest/wait.ts';
import { needs } from '../parts.ts';
import { Podman } from '../podman.ts';
import { SERVICES, type ContainerVariant } from '../reality/compose.ts';
import { saidOf, startCrashServer, type CrashServer } from '../reality/crash-server.ts';
import { MANIFESTS } from '../reality/kubernetes.ts';
import { expectSection } from '../reality/page.ts';
import type { Row } from '../reality/verdict.ts';
import { PLAIN, WITH_MODULE } from '../reality/programs.ts';

/** More than one, to see that it comes back after it came back. */
const CRASHES = 2;

/** `uvicorn --port PORT NAME:app`, which `check` knows for a server that ends with its worker. */
const SERVER = `#!/usr/bin/python3.11 -S
import os, runpy, sys, time
sys.argv[1:] = [sys.argv[2], sys.argv[3].split(":")[0]]
sys.path.insert(0, "/opt")
try:
    runpy.run_path("/opt/crash_with_module.py" if sys.argv[2].endswith("module") else "/opt/crash.py")
except OSError:
    # nobody is there any more: no engine may start it again and again
    time.sleep(3600)
`;

const PROGRAMS = [
  '/bin/chown',
  '/bin/mkdir',
  '/bin/rm',
  '/bin/su',
  '/usr/bin/dumb-init',
  '/usr/bin/setpriv',
  '/usr/bin/tini',
  '/usr/sbin/gosu',
  ...['pam_permit', 'pam_rootok'].map((name) => `/lib/x86_64-linux-gnu/security/${name}.so`),
];

let podman: Podman;

beforeEach((context) => needs(context, 'root', 'podman', 'tini, dumb-init, gosu', 'plain core pattern'));

beforeAll(() => {
  podman = new Podman(undefined, PROGRAMS, {
    'usr/local/bin/uvicorn': SERVER,
    'etc/pam.d/su':
      'auth sufficient pam_rootok.so\naccount required pam_permit.so\nsession required pam_permit.so\n',
    ...Object.fromEntries(
      Object.entries({ ...PLAIN, ...WITH_MODULE }).map(([file, text]) => [`opt/${file}`, text]),
    ),
  });
});

afterAll(() => {
  podman.remove();
});

/** podman with a soft core limit, which is 0 under an init system, and unlimited under containerd.service. */
async function started(words: readonly string[], folder: string, soft = '0', some = false): Promise<void> {
  const { exitCode, all } = await execa('prlimit', [`--core=${soft}:unlimited`, ...words], {
    cwd: folder,
    env: podman.environment,
    reject: false,
    all: true,
  });
  if (!some && exitCode !== 0) throw new Error(all);
}

test('compose', { timeout: 400_000 }, async (context) => {
  const server = await startServer(SERVICES);
  context.onTestFinished(() => {
    podman.removeContainers();
    server.close();
  });
  const folder = join(podman.folder, 'compose');
  const said = new Map<string, string[]>();
  const all: string[] = [];
  for (const variant of SERVICES) {
    const put = filled(variant.name, server.port);
    const files = Object.entries(variant.files ?? {}).map(([file, text]) => [put(file), put(text)] as const);
    for (const [file, text] of files) write(join(folder, file), text);
    const text = `  ${variant.name}:\n${put(variant.text)}\n`;
    all.push(text);
    const compose = `services:\n${text}volumes:\n  ${variant.name}:\n`;
    said.set(variant.name, await said1({ 'compose.yaml': compose, ...Object.fromEntries(files) }, variant));
  }
  const volumes = SERVICES.map(({ name }) => `  ${name}:\n`).join('');
  write(join(folder, 'compose.yaml'), `services:\n${all.join('')}volumes:\n${volumes}`);
  await started(['podman-compose', '--parallel', '2', 'build'], folder);
  await started(['podman-compose', 'up', '--detach', '--no-build'], folder, '0', true);
  await settled(SERVICES, server);
  expectSection('compose', podman.run('--version'), rowsOf(SERVICES, server, said));
});

test('kubernetes', { timeout: 400_000 }, async (context) => {
  const server = await startServer(MANIFESTS);
  context.onTestFinished(() => {
    podman.removeContainers();
    server.close();
  });
  const folder = join(podman.folder, 'kubernetes');
  const said = new Map<string, string[]>();
  const texts: string[] = [];
  for (const variant of MANIFESTS) {
    const text = filled(variant.name, server.port)(variant.text);
    texts.push(text);
    said.set(variant.name, await said1({ 'deploy/web.yaml': text }, variant));
  }
  write(join(folder, 'all.yaml'), texts.join('---\n'));
  await started(['podman', 'kube', 'play', 'all.yaml'], folder, 'unlimited', true);
  await settled(MANIFESTS, server);
  expectSection('kubernetes', podman.run('--version'), rowsOf(MANIFESTS, server, said));
});

function startServer(variants: readonly ContainerVariant[]): Promise<CrashServer> {
  return startCrashServer(variants.map(({ name, crashes = CRASHES }) => ({ name, crashes, after: 0 })));
}

function said1(files: Readonly<Record<string, string>>, { module }: ContainerVariant): Promise<string[]> {
  return saidOf({ ...files, ...(module === true ? WITH_MODULE : {}) });
}

function filled(name: string, port: number): (text: string) => string {
  return (text) =>
    text
      .replaceAll('COMMAND', 'uvicorn --port PORT NAME:app')
      .replaceAll('PORT', String(port))
      .replaceAll('NAME', name);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

async function settled(variants: readonly ContainerVariant[], server: CrashServer): Promise<void> {
  let before = '';
  const look = () => {
    const missing = variants.filter(({ name }) => !server.isBack(name)).map(({ name }) => name);
    const now = JSON.stringify(missing.map((name) => [name, server.seen(name).starts]));
    const same = now === before;
    before = now;
    return same ? true : undefined;
  };
  expect(await waitFor(240, look, 6)).toBe(true);
}

function rowsOf(
  variants: readonly ContainerVariant[],
  server: CrashServer,
  said: ReadonlyMap<string, string[]>,
): Row[] {
  return variants.map(({ name }): Row => {
    const { starts, core } = server.seen(name);
    const happened = server.isBack(name)
      ? `back every time, ${core > 1_000_000 ? 'with a core' : 'no core'}`
      : starts > 1
        ? 'given up after some crashes'
        : starts === 1
          ? 'stays down'
          : 'never starts';
    return { name, said: said.get(name) ?? [], happened, good: happened === 'back every time, with a core' };
  });
}
