import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { movedFile } from '../../src/crashtest/listening-files.ts';

test.for([
  [
    'deploy/uwsgi.ini',
    '[uwsgi]\r\n# the proxy\r\nsocket = /run/shop.sock\r\nchmod-socket = 660\r\nhttp=:8000\r\nstats-http = true\r\nmaster = 1\r\n',
    '[uwsgi]\r\n# the proxy\r\n\r\nchmod-socket = 660\r\n\r\nstats-http = true\r\nmaster = 1\r\n',
  ],
  [
    'uwsgi.xml',
    '<uwsgi>\n  <socket>\n    127.0.0.1:8000\n  </socket>\n  <master/>\n  <http-socket>:80</http-socket >\n</uwsgi>\n',
    '<uwsgi>\n  \n\n\n  <master/>\n  \n</uwsgi>\n',
  ],
  [
    'uwsgi.yml',
    'uwsgi:\n  master: true\n  socket:\n    - :8000\n    - :8001\n  "http-socket": ":80"\n  stats:\n  - /run/stats\n\n  processes: 2\n',
    'uwsgi:\n  master: true\n\n\n\n\n\n\n\n  processes: 2\n',
  ],
  [
    'uwsgi.json',
    '{"uwsgi": {"socket": [":8000", ":8001"], "master": true, "env": ["http=1"]}}',
    '{\n  "uwsgi": {\n    "master": true,\n    "env": [\n      "http=1"\n    ]\n  }\n}\n',
  ],
  ['uwsgi.json', '{"uwsgi": {', '{"uwsgi": {'],
] as const)('%s', ([path, before, after]) => {
  expect(movedFile(path, before, 'uwsgi', 7)).toBe(after);
  expect(movedFile(path, before, 'granian', 7)).toBe(before);
});

test("hypercorn's file gets the address, where it names one", () => {
  const before = 'workers = 2\nbind = [\n  "0.0.0.0:8000",\n]\nquic_bind = "0.0.0.0:4433"\nbacklog = 5\n';
  expect(movedFile('hypercorn.toml', before, 'hypercorn', 7)).toBe(
    'workers = 2\nbind = "127.0.0.1:7"\n\n\n\nbacklog = 5\n',
  );
  expect(movedFile('hypercorn.toml', 'workers = 2\n', 'hypercorn', 7)).toBe('workers = 2\n');
  // Python: the command line wins over it
  expect(movedFile('hypercorn.py', 'bind = ":8000"\n', 'hypercorn', 7)).toBe('bind = ":8000"\n');
});

test('what names no address stays as it is, in as many lines', () => {
  const key = fc.constantFrom(
    'master',
    'processes',
    'socket',
    'http',
    'stats',
    'chmod-socket',
    'module',
    '# socket',
  );
  const line = fc.record({ key, value: fc.stringMatching(/^[\w/.:-]{0,12}$/) });
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const text = ['[uwsgi]', ...lines.map((one) => `${one.key} = ${one.value}`)];
      const kept = text.map((one) => (/^(?:socket|http|stats) =/.test(one) ? '' : one));
      expect(movedFile('uwsgi.ini', text.join('\n'), 'uwsgi', 7)).toBe(kept.join('\n'));
    }),
  );
});
