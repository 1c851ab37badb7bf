import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../src/crashtest/address.ts';
import { send, type Action } from '../../../src/crashtest/hostile-client/connection.ts';
import { play } from '../../../src/crashtest/hostile-client/play.ts';
import { randomNumbers } from '../../../src/crashtest/hostile-client/random.ts';
import { encodeFrame, OPCODES } from '../../../src/crashtest/hostile-client/websocket-frames.ts';
import { waitFor } from '../../../src/crashtest/wait.ts';
import { renderGeneratedModule } from '../../../src/project/generated-module.ts';
import { pythonEnvironment } from '../../python-environment.ts';
import { Service } from '../service.ts';
import { SERVICES, type Pair } from './pairs.ts';

/** A column of the table: what is done, and whether it is a bug of the application, which aborts. */
export interface Behaviour {
  readonly title: string;
  readonly isBug: boolean;
  /** Only where the application takes websockets, or could get one. */
  readonly only?: 'asgi' | 'websockets';
  readonly actions: readonly Action[];
}

const HOST = 'Host: 127.0.0.1\r\n';
const answered: Action = { do: 'await-bytes', milliseconds: 3000 };
const pause: Action = { do: 'wait', milliseconds: 300 };
const close: Action = { do: 'close' };

function get(path: string): Action {
  return send(`GET ${path} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
}

function post(path: string, body: string, length = body.length): Action {
  return send(
    `POST ${path} HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`,
  );
}

function websocket(path: string, message?: string): Action[] {
  const upgrade = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n`;
  const payload = Buffer.from(message ?? '');
  const frame = encodeFrame(randomNumbers(1), { opcode: OPCODES.text, payload });
  return [
    send(`GET ${path} HTTP/1.1\r\n${HOST}${upgrade}\r\n`),
    answered,
    ...(message === undefined ? [] : [send(frame)]),
  ];
}

export const BEHAVIOURS: readonly Behaviour[] = [
  { title: '404', isBug: false, actions: [get('/missing'), answered, close] },
  { title: 'body that is no JSON', isBug: false, actions: [post('/parse', '{oops'), answered, close] },
  {
    title: 'upload reset',
    isBug: false,
    actions: [post('/upload', 'begun', 100_000), pause, { do: 'reset' }],
  },
  { title: 'answer reset', isBug: false, actions: [get('/stream'), answered, { do: 'reset' }] },
  {
    title: 'websocket refused',
    isBug: false,
    only: 'asgi',
    actions: [...websocket('/nowhere'), pause, close],
  },
  {
    title: 'message that is no JSON',
    isBug: false,
    only: 'websockets',
    actions: [...websocket('/ws-parse', '{oops'), pause, close],
  },
  {
    title: 'websocket reset',
    isBug: false,
    only: 'websockets',
    actions: [...websocket('/ws-parse', '1'), pause, { do: 'reset' }],
  },
  { title: 'bug in a view', isBug: true, actions: [get('/crash'), answered, close] },
  { title: 'bug in a streaming body', isBug: true, actions: [get('/crash_in_body'), pause, close] },
  {
    title: 'bug in a websocket',
    isBug: true,
    only: 'websockets',
    actions: [...websocket('/ws-crash', '1'), pause, close],
  },
];

/** `undefined` where the pair has nothing of that kind. */
export type Outcome = 'aborts' | 'no' | undefined;

/** What became of the process after each behaviour, in their order. */
export async function observePair({ framework, python, requirements, line }: Pair): Promise<Outcome[]> {
  const { module, files, generated } = SERVICES[framework];
  const folder = mkdtempSync(join(tmpdir(), 'behaviour-'));
  for (const file of files) cpSync(fileURLToPath(new URL(file, import.meta.url)), join(folder, file));
  writeFileSync(join(folder, 'abort_on_exception.py'), renderGeneratedModule(generated));
  const bin = join(pythonEnvironment(python, requirements).folder, 'bin');
  const words = (port: number): [string, ...string[]] => {
    const [program = '', ...args] = line.replace('PORT', String(port)).replace('MODULE', module).split(' ');
    return [join(bin, program), ...args];
  };
  const many = '1000000';
  const service = new Service(words, await freePort(), {
    cwd: folder,
    log: join(folder, 'service.log'),
    environment: {
      PYTHONPATH: folder,
      PYTHONUNBUFFERED: '1',
      PYCRASH_BUDGET: many,
      PYCRASH_BUDGET_PER_FINGERPRINT: many,
      PYCRASH_BUDGET_DIRECTORY: join(folder, 'budget'),
    },
    headers: [['Host', '127.0.0.1']],
    healthy: '/ok',
  });
  try {
    const outcomes: Outcome[] = [];
    for (const { only, actions, isBug } of BEHAVIOURS) {
      const has =
        only === undefined ||
        (line.endsWith(':asgi') &&
          (only === 'asgi' || framework === 'Channels' || framework === 'Starlette'));
      if (!has) {
        outcomes.push(undefined);
        continue;
      }
      if (!(await service.isAlive())) throw new Error(`${line}: ${service.log().slice(-2000)}`);
      const before = service.crashes().length;
      await play(actions, service.address);
      // a bug is waited for; of what must not abort there is nothing to wait for but some time
      const crashed = (): true | undefined => (service.crashes().length > before ? true : undefined);
      const aborted = isBug ? await waitFor(15, crashed) : (await sleep(700), crashed());
      if (aborted === true) await waitFor(10, () => (service.takeCores() > 0 ? true : undefined));
      outcomes.push(aborted === true ? 'aborts' : 'no');
    }
    return outcomes;
  } finally {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
