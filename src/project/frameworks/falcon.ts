import type { Framework } from './framework.ts';

/**
 * Falcon answers every exception by itself (falcon/app.py, `_handle_exception`): handlers of the error's class first, then
 * the one for `Exception`, which is its own or the application's.
 */
export const falcon: Framework = {
  name: 'falcon',
  title: 'Falcon',
  distribution: 'falcon',
  constructors: { falcon: ['App', 'API'], 'falcon.app': ['App'] },
  kind: 'wsgi',
  call: 'watch_falcon',
};

export const falconAsgi: Framework = {
  ...falcon,
  constructors: { 'falcon.asgi': ['App'], 'falcon.asgi.app': ['App'] },
  kind: 'asgi',
  call: 'watch_falcon_asgi',
};
