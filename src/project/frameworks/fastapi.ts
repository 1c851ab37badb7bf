import type { Framework } from './framework.ts';

/** Its application is one of Starlette's. */
export const fastapi: Framework = {
  name: 'fastapi',
  title: 'FastAPI',
  distribution: 'fastapi',
  constructors: { fastapi: ['FastAPI'], 'fastapi.applications': ['FastAPI'] },
  kind: 'asgi',
  call: 'watch_starlette',
};
