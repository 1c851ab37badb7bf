import type { Framework } from './framework.ts';

/** `get_handler_delegate()` and `log_exception()` are there to be overridden (tornado/web.py, `_handle_request_exception`). */
export const tornado: Framework = {
  name: 'tornado',
  title: 'Tornado',
  distribution: 'tornado',
  constructors: { 'tornado.web': ['Application'] },
  kind: 'http',
  call: 'watch_tornado',
};
