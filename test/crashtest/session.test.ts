import * as fc from 'fast-check';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { RunningService } from '../../src/crashtest/launch.ts';
import type { Place } from '../../src/crashtest/place.ts';
import { proxyHeaders, Session, structuredLine, type ApplicationFacts } from '../../src/crashtest/session.ts';

const FACTS: ApplicationFacts = {
  user: 'shop',
  python: '3.11.7',
  executable: '/usr/bin/python3.11',
  framework: 'Django',
  version: '5.2',
  handled: [],
  answersFirst: false,
  settings: 'shop.settings',
  debug: false,
  allowedHosts: ['*'],
  sslRedirect: false,
  proxySslHeader: null,
};

test.for([
  [['*'], 'localhost'],
  [['shop.example.com', '127.0.0.1'], '127.0.0.1'],
  [['shop.example.com', 'www.example.com'], 'shop.example.com'],
  [['.example.com'], 'example.com'],
  [[], 'localhost'],
  // ALLOWED_HOSTS = [os.environ.get('DOMAIN')]
  [[null], 'localhost'],
  [[null, 'shop.example.com'], 'shop.example.com'],
] as const)('ALLOWED_HOSTS %s', ([allowedHosts, host]) => {
  expect(proxyHeaders({ ...FACTS, allowedHosts: [...allowedHosts] })).toEqual({ host });
});

test('the proxy says that TLS ended at it, as the settings want to hear it', () => {
  const proxySslHeader: [string, string] = ['HTTP_X_SCHEME', 'secure'];
  expect(proxyHeaders({ ...FACTS, sslRedirect: true, proxySslHeader })).toMatchObject({
    'x-scheme': 'secure',
  });
  expect(proxyHeaders({ ...FACTS, sslRedirect: true })).toMatchObject({ 'x-forwarded-proto': 'https' });
});

test('the structured line is found among others', () => {
  const log = [
    'GET /?id=r-1 HTTP/1.1',
    '{"request_id": "r-1"',
    '{"message": "r-1 and more"}',
    '{"request_id": "r-1", "event": "crash"}',
  ].join('\n');
  expect(structuredLine(log, 'r-1')).toEqual({ request_id: 'r-1', event: 'crash' });
  expect(structuredLine(log, 'r-2')).toBeUndefined();
});

test('no log is too odd to be searched', () => {
  const line = fc.oneof(fc.string(), fc.json(), fc.constant('{"a": "r-1"'), fc.constant('null r-1'));
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const found = structuredLine(lines.join('\n'), 'r-1');
      expect(found === undefined || Object.values(found).includes('r-1')).toBe(true);
    }),
  );
});

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

test.for([
  // --url, what that page answers, what the planted one answers, is it debug mode?
  ['/health/', '{"debug": true}', '{"pid": 1, "debug": false}', false],
  ['/health/', 'fine', '{"pid": 1, "debug": true}', true],
  [undefined, '', '{"pid": 1, "debug": true}', true],
  [undefined, '', '{"pid": 1, "debug": false}', false],
] as const)('%s answers %s, the planted page %s', async ([url, own, planted, debug]) => {
  const prefix = '/pycrash-verify-0123456789ab';
  const server = createServer(({ url: path }, answer) => {
    answer.end(path === `${prefix}/ready/` ? planted : own);
  });
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const folder = '/nowhere';
  const place: Place = {
    folder,
    tree: folder,
    planted: folder,
    reports: folder,
    cores: folder,
    token: '0',
    prefix,
  };
  const service: RunningService = {
    address: { host: '127.0.0.1', port },
    detail: 'a server of the test',
    mainPid: nothing,
    log: () => Promise.resolve(''),
    failure: nothing,
    root: () => Promise.resolve(''),
    exits: () => Promise.resolve([]),
    restarts: nothing,
    restart: nothing,
    stop: nothing,
  };
  const session = new Session(place, service, FACTS, 5, url);
  expect(await session.waitForAnswer()).toBeGreaterThan(0);
  expect(session.debug).toBe(debug);
});
