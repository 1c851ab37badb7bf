import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readProject } from '../../src/project/read-project.ts';
import { RULES } from '../../src/rules/index.generated.ts';

/** What became of one variant. */
interface Seen {
  starts: number;
  /** Size of the core that the last start found. */
  core: number;
  /** Connections of programs that still run. */
  alive: Set<Socket>;
  /** A second one was started while the first ran. */
  twice: boolean;
}

export interface Orders {
  name: string;
  /** How often it is aborted. */
  crashes: number;
  /** Milliseconds that it runs before each abort. */
  after: number;
}

/** Programs (`test/reality/crash.py`) connect to it, say what they found, and are aborted as ordered. */
export interface CrashServer {
  port: number;
  seen(name: string): Seen;
  /** Came it back after every abort? */
  isBack(name: string): boolean;
  /** Ends every program that is still connected. */
  close(): void;
}

/** As long as a program that died needs at most until its connection is seen to be gone. */
const GONE = 300;

export async function startCrashServer(orders: readonly Orders[]): Promise<CrashServer> {
  const ordered = new Map(orders.map((order) => [order.name, order]));
  const all = new Map<string, Seen>();
  const seen = (name: string) => {
    const known = all.get(name) ?? { starts: 0, core: 0, alive: new Set(), twice: false };
    all.set(name, known);
    return known;
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', (data) => {
      const [name = '', size = ''] = data.toString().trim().split(' ');
      const order = ordered.get(name);
      if (order === undefined) return;
      const one = seen(name);
      const before = [...one.alive];
      one.alive.add(socket);
      socket.once('close', () => one.alive.delete(socket));
      setTimeout(() => {
        if (before.some((other) => one.alive.has(other))) one.twice = true;
      }, GONE).unref();
      one.starts++;
      one.core = Number(size);
      if (one.starts > order.crashes) return;
      if (order.after === 0) socket.end('abort');
      else setTimeout(() => socket.end('abort'), order.after).unref();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    seen,
    isBack: (name) => seen(name).starts > (ordered.get(name)?.crashes ?? Infinity),
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** What `check` says of a repository of these files: ids of rules, with `?` those that say that it is unknown. */
export async function saidOf(
  files: Readonly<Record<string, string>>,
  options: { systemd?: number } = {},
): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), 'pycrash-reality-files-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const project = await readProject(root);
    // an image that a compose file builds is a service of its own, of which nothing is said that the file says
    const deployed = project.services.filter(({ supervisor }) => supervisor !== 'dockerfile');
    if (deployed.length === 0) return ['unread?'];
    if (deployed.length !== 1) {
      throw new Error(`${deployed.length} services in ${JSON.stringify(files)}`);
    }
    const found = RULES.flatMap((rule) =>
      rule
        .check(project, options)
        // a note is not said of something that is bad
        .filter(({ level }) => level !== 'info')
        .map(({ level }) => (level === 'unknown' ? `${rule.id}?` : rule.id)),
    );
    return [...new Set(found)].sort();
  } finally {
    rmSync(root, { recursive: true });
  }
}
