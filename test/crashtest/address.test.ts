import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundAddress } from '../../src/crashtest/address.ts';
import { movedWords } from '../../src/crashtest/listening.ts';

test.for([
  ['127.0.0.1:8000', { host: '127.0.0.1', port: 8000 }],
  ['0.0.0.0:80', { host: '127.0.0.1', port: 80 }],
  [':8000', { host: '127.0.0.1', port: 8000 }],
  ['[::1]:8000', { host: '::1', port: 8000 }],
  ['[::]:8000', { host: '127.0.0.1', port: 8000 }],
  ['unix:/run/shop.sock', { socketPath: '/run/shop.sock' }],
  ['fd://3', undefined],
  ['', undefined],
] as const)('--bind %s', ([bind, address]) => {
  expect(boundAddress(bind)).toEqual(address);
});

test.for([
  ['gunicorn --bind 127.0.0.1:1 shop.wsgi', 'gunicorn shop.wsgi'],
  ['gunicorn --bind=127.0.0.1:1 -w 2 shop.wsgi', 'gunicorn -w 2 shop.wsgi'],
  ['gunicorn -b :1 -b unix:/x shop.wsgi', 'gunicorn shop.wsgi'],
  ['gunicorn -b:1 --backlog 5 shop.wsgi', 'gunicorn --backlog 5 shop.wsgi'],
  ['gunicorn shop.wsgi -b', 'gunicorn shop.wsgi'],
] as const)('%s without its address', ([before, after]) => {
  expect(movedWords(before.split(' '), 'gunicorn', 1)).toEqual(after.split(' '));
});

test('words that name no address stay, wherever addresses stood', () => {
  const word = fc.stringMatching(/^(--[c-z]{1,6}(=[a-z]{0,4})?|[a-z.:]{1,8}|-[c-z]\w?)$/);
  const address = fc.constantFrom(['--bind', ':1'], ['-b', ':1'], ['--bind=:1'], ['-b:1']);
  const parts = fc.array(
    fc.oneof(
      word.map((each) => [each]),
      address,
    ),
  );
  fc.assert(
    fc.property(parts, (chunks) => {
      const kept = chunks.filter(([first = '']) => !/^(-b|--bind)/.test(first));
      expect(movedWords(chunks.flat(), 'gunicorn', 1)).toEqual(kept.flat());
    }),
  );
});
