import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

export interface ListeningSocket {
  port: number;
  /** Only processes of the same network namespace get there. */
  loopback: boolean;
}

/** The TCP sockets on which these processes listen, as their own network namespace has them (proc(5), net/tcp). */
export function listeningSockets(pids: readonly number[]): ListeningSocket[] {
  const found = new Map<string, ListeningSocket>();
  for (const pid of pids) {
    const own = socketsOf(pid);
    for (const table of ['tcp', 'tcp6']) {
      for (const line of textOf(`/proc/${pid}/net/${table}`).split('\n').slice(1)) {
        const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
        const [host = '', port = ''] = local.split(':');
        if (state !== LISTEN || !own.has(inode)) continue;
        found.set(inode, { port: Number.parseInt(port, 16), loopback: LOOPBACK.test(host) });
      }
    }
  }
  return [...found.values()].sort((a, b) => a.port - b.port);
}

/** include/net/tcp_states.h */
const LISTEN = '0A';
/** 127.0.0.0/8 and ::1, each 32 bits in the byte order of the machine, which is little-endian. */
const LOOPBACK = /^(?:.{6}7F|0{24}01000000|0{16}FFFF0000.{6}7F)$/;

/** The inodes of its open sockets. */
function socketsOf(pid: number): Set<string> {
  const inodes = new Set<string>();
  try {
    for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${descriptor}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  } catch {
    // it has ended
  }
  return inodes;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
