import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { needs } from '../../parts.ts';
import { makeDjangoCore } from './django.ts';
import { makeCore } from './make-core.ts';
import { pythonBuild, pythonBuilds } from './python-builds.ts';

test('the machine has whole, stripped, static and foreign builds', () => {
  expect(pythonBuilds().map((build) => build.id)).toEqual(
    expect.arrayContaining(['3.8', '3.8 stripped', '3.8 static', '3.11 debian', '3.13', '3.14', '3.15']),
  );
});

test('a made core is a core, and its process said what is in it', async (context) => {
  needs(context, 'linux', 'plain core pattern');
  const build = pythonBuild('3.11 debian');
  if (build === undefined) return context.skip('needs /usr/bin/python3.11');
  const core = await makeCore(build, 'except');
  expect(statSync(core.path).size).toBeGreaterThan(1e6);
  expect(core.oracle.exception).toMatchObject({ type: 'RuntimeError', message: "('checkout failed', 60)" });
  expect(core.oracle.exception?.context?.cause?.message).toBe("('the key', 42)");
  core.remove();
});

test('a Django request fails 32 frames deep', async (context) => {
  needs(context, 'linux', 'plain core pattern');
  const build = pythonBuild('3.12');
  if (build === undefined) return context.skip('needs Python 3.12');
  const core = await makeDjangoCore(build);
  expect(core.oracle.exception?.context?.cause).toMatchObject({ type: 'TypeError', frames: { length: 32 } });
  expect(core.oracle.request).toMatchObject({ method: 'POST', path: '/order/7/' });
  core.remove();
});
