import { pythonEnvironment, type PythonVersion } from '../../python-environment.ts';
import { makeCore, type MadeCore } from './make-core.ts';
import type { PythonBuild } from './python-builds.ts';

/** The newest Django that supports that Python (docs.djangoproject.com, "What Python version can I use"). */
const DJANGO: Record<PythonVersion, string> = {
  '3.8': 'django==4.2.*',
  '3.9': 'django==4.2.*',
  '3.10': 'django==5.2.*',
  '3.11': 'django==5.2.*',
  '3.12': 'django==6.0.*',
  '3.13': 'django==6.0.*',
  '3.14': 'django==6.0.*',
  '3.15': 'django==6.0.*',
};

/** The core of a Django that failed in a real request, 32 frames deep. */
export async function makeDjangoCore(build: PythonBuild): Promise<MadeCore> {
  const { folder, interpreter } = pythonEnvironment(build.version, [DJANGO[build.version]]);
  // a free-threaded build runs outside of the root folder that pip ran in
  const outside = build.interpreter.root === interpreter.root ? '' : (interpreter.root ?? '');
  return makeCore(build, 'request', {
    program: 'django_shop.py',
    environment: { PYTHONPATH: `${outside}${folder}/lib/python${build.version}/site-packages` },
  });
}
