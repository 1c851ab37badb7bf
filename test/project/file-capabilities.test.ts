import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readProject } from '../../src/project/read-project.ts';

test.each([
  ["RUN setcap 'cap_net_bind_service=+ep' /usr/local/bin/python3.9", 1],
  [
    'RUN apt-get install -y libcap2-bin \\\n  && setcap cap_net_bind_service=+eip $(readlink -f $(which python3))',
    1,
  ],
  ['RUN setcap CAP_NET_BIND_SERVICE=+ep /usr/bin/python3', 1],
  ['RUN setcap "cap_net_raw,cap_net_admin=ep" /usr/bin/uwsgi && rm -rf /x', 1],
  ['RUN setcap -r /usr/bin/python3', 0],
  ['RUN setcap cap_net_bind_service=+i /usr/bin/python3', 0],
  ['RUN setcap cap_net_bind_service=+ep /usr/sbin/nginx && python3 -m compileall .', 0],
  ['# RUN setcap cap_net_bind_service=+ep /usr/bin/python3', 0],
])('%s', async (line, count) => {
  const root = mkdtempSync(join(tmpdir(), 'pycrash-setcap-'));
  try {
    writeFileSync(join(root, 'Dockerfile'), `FROM debian\n${line}\n`);
    const { fileCapabilities } = await readProject(root);
    expect(fileCapabilities).toHaveLength(count);
    for (const { value } of fileCapabilities) expect(line).toContain(value);
  } finally {
    rmSync(root, { recursive: true });
  }
});
