import type { Framework } from './framework.ts';

/** Bottle answers every exception by itself (bottle.py, `_handle` and `_cast`); `bottle.app()` is its default application. */
export const bottle: Framework = {
  name: 'bottle',
  title: 'Bottle',
  distribution: 'bottle',
  constructors: { bottle: ['Bottle', 'default_app', 'app'] },
  kind: 'wsgi',
  call: 'watch_bottle',
};

/** Routes at module level and `run()` use the default application without its name. */
export const bottleRun: Framework = { ...bottle, constructors: { bottle: ['run'] }, runsDefault: true };
