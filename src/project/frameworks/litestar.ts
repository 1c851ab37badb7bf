import type { Framework } from './framework.ts';

/**
 * Litestar answers every exception by itself, after it has called `after_exception` (litestar/middleware/_internal,
 * ExceptionHandlerMiddleware).
 */
export const litestar: Framework = {
  name: 'litestar',
  title: 'Litestar',
  distribution: 'litestar',
  constructors: { litestar: ['Litestar'], 'litestar.app': ['Litestar'] },
  kind: 'asgi',
  call: 'watch_litestar',
};
