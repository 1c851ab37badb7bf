import { createServer } from 'node:net';
import type { Address } from './provoke.ts';

/** A TCP port that nobody listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** What `--bind` of gunicorn names: `127.0.0.1:8000`, `:8000`, `unix:/run/shop.sock`; undefined for what cannot be reached. */
export function boundAddress(bind: string): Address | undefined {
  if (bind.startsWith('unix:')) return { socketPath: bind.slice('unix:'.length) };
  const [, host = '', port] = /^\[?(.*?)\]?:(\d+)$/.exec(bind) ?? [];
  if (port === undefined) return undefined;
  return {
    host: host === '' || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host,
    port: Number(port),
  };
}
