import type { Framework } from './framework.ts';

/** Middleware is public, and the first one sees all that the server answers by a 500 (aiohttp/web_protocol.py). */
export const aiohttp: Framework = {
  name: 'aiohttp',
  title: 'aiohttp',
  distribution: 'aiohttp',
  constructors: { 'aiohttp.web': ['Application'], 'aiohttp.web_app': ['Application'] },
  kind: 'http',
  call: 'watch_aiohttp',
};
