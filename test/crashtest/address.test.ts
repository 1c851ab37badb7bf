import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundAddress } from '../../src/crashtest/address.ts';
import { choosesItsAddress, movedText, movedWords } from '../../src/crashtest/listening.ts';

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
  // with --capture-output the log would be in a folder that only the deployment has
  ['gunicorn --capture-output --error-logfile /srv/e.log shop.wsgi', 'gunicorn --capture-output shop.wsgi'],
  ['gunicorn --log-file=/srv/e.log --access-logfile - shop.wsgi', 'gunicorn shop.wsgi'],
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
      const words = movedWords(['gunicorn', ...chunks.flat()], 'gunicorn', 1);
      expect(words).toEqual(['gunicorn', ...kept.flat()]);
    }),
  );
});

test.for([
  ['gunicorn -w 2 shop.wsgi', 'gunicorn', false],
  ['/srv/venv/bin/uvicorn --port 1 shop:app', 'uvicorn', false],
  ['python -m gunicorn shop.wsgi', 'gunicorn', false],
  ['python main.py --port 8000', 'uvicorn', true],
  ['python -m shop.server --port 8000', 'tornado', true],
  ['./start.sh --port 8000', 'unknown', true],
] as const)('%s (%s): does its own code choose the address? %s', ([command, server, chooses]) => {
  expect(choosesItsAddress(command.split(' '), server)).toBe(chooses);
  expect(choosesItsAddress(`exec '${command}'`, server)).toBe(chooses);
});

test.for([
  ['python main.py --port 8000', 'uvicorn'],
  ['python -m shop.server --port 8000', 'tornado'],
  ['./start.sh --port 8000', 'unknown'],
] as const)('the options of %s are its own', ([command, server]) => {
  expect(movedWords(command.split(' '), server, 1)).toEqual(command.split(' '));
  expect(movedText(command, server, 1)).toBe(command);
});
