import type { Framework } from './framework.ts';

/** ServerErrorMiddleware raises again what it has answered by a 500, so the outermost place sees all of it. */
export const starlette: Framework = {
  name: 'starlette',
  title: 'Starlette',
  distribution: 'starlette',
  constructors: { starlette: ['Starlette'], 'starlette.applications': ['Starlette'] },
  kind: 'asgi',
  call: 'watch_starlette',
};
