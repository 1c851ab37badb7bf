import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { send, type Action } from '../../../src/crashtest/hostile-client/connection.ts';
import { play, playAll } from '../../../src/crashtest/hostile-client/play.ts';

/** A server, and what it saw of each connection, in order. */
async function server(
  serve: (socket: Socket, saw: (event: string) => void) => void,
): Promise<{ host: string; port: number; seen: string[] }> {
  const seen: string[] = [];
  const saw = (event: string): void => void seen.push(event);
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (bytes) => saw(String(bytes)));
    socket.on('end', () => saw('FIN'));
    socket.on('error', (error: NodeJS.ErrnoException) => saw(error.code ?? ''));
    socket.on('close', () => saw('closed'));
    serve(socket, saw);
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void listener.close());
  return { host: '127.0.0.1', port: (listener.address() as AddressInfo).port, seen };
}

test('a reset is one, a close is none', async () => {
  const one = await server(() => {});
  await play([send('a'), { do: 'wait', milliseconds: 50 }, { do: 'reset' }], one);
  await expect.poll(() => one.seen).toEqual(['a', 'ECONNRESET', 'closed']);
  const other = await server((socket) => socket.on('end', () => socket.end()));
  await play([send('a'), { do: 'wait', milliseconds: 50 }, { do: 'close' }], other);
  await expect.poll(() => other.seen).toEqual(['a', 'FIN', 'closed']);
});

test('half closed, it reads what the server sends', async () => {
  const one = await server((socket, saw) => {
    socket.on('end', () => setTimeout(() => socket.end('answer', () => saw('answered')), 50));
  });
  await play([{ do: 'half-close' }, { do: 'await-end', milliseconds: 10_000 }, { do: 'close' }], one);
  await expect.poll(() => one.seen).toEqual(['FIN', 'answered', 'closed']);
});

test('it goes on once bytes come, or the server closes', async () => {
  const patient: Action = { do: 'await-bytes', milliseconds: 100_000 };
  const one = await server((socket) =>
    socket.on('data', (bytes) => String(bytes) === 'a' && socket.write('x')),
  );
  await play([send('a'), patient, send('b'), { do: 'wait', milliseconds: 50 }, { do: 'reset' }], one);
  await expect.poll(() => one.seen.slice(0, 2)).toEqual(['a', 'b']);
  const other = await server((socket) => socket.on('data', () => socket.destroy()));
  await play([send('a'), patient, patient], other);
  expect(other.seen).toContain('closed');
});

test('where no server listens, or the server takes nothing, it ends', async () => {
  await play([send('a'), { do: 'await-bytes', milliseconds: 100_000 }], { host: '127.0.0.1', port: 1 });
  await play([send('a')], { socketPath: '/nowhere/at/all' });
  const deaf = await server((socket) => socket.pause());
  await play([send(Buffer.alloc(20_000_000)), { do: 'close' }], deaf);
});

test('the status of the first answer', async () => {
  const one = await server((socket) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'),
  );
  const actions: Action[] = [{ do: 'await-end', milliseconds: 10_000 }, { do: 'close' }];
  expect(await play(actions, one)).toBe(101);
  expect(await playAll([actions, actions], one, 2)).toEqual([101, 101]);
  const silent = await server((socket) => socket.end('SSH-2.0'));
  expect(await play(actions, silent)).toBeUndefined();
});

test('several at a time, and all of them', async () => {
  let open = 0;
  let most = 0;
  const one = await server((socket) => {
    most = Math.max(most, (open += 1));
    socket.on('data', (bytes) => setTimeout(() => socket.end(bytes), 20)).on('close', () => (open -= 1));
  });
  const connections = Array.from({ length: 30 }, (_, index): Action[] => [
    send(`<${index}>`),
    { do: 'await-end', milliseconds: 10_000 },
  ]);
  await playAll(connections, one, 5);
  expect(one.seen.filter((event) => event.startsWith('<'))).toHaveLength(30);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(10);
});
