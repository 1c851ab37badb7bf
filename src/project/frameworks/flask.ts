import type { Framework } from './framework.ts';

/** `app.handle_exception` is called for what no error handler takes, and for nothing else (flask/app.py, wsgi_app). */
export const flask: Framework = {
  name: 'flask',
  title: 'Flask',
  distribution: 'flask',
  constructors: {
    flask: ['Flask'],
    'flask.app': ['Flask'],
    // derived from it
    apiflask: ['APIFlask'],
    flask_openapi3: ['OpenAPI'],
  },
  derived: /\.[A-Z]\w*Flask$/,
  kind: 'wsgi',
  call: 'watch_flask',
};
