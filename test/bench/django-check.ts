import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pythonEnvironment } from '../python-environment.ts';

/** Django's own `manage.py check --deploy` in a copy of examples/django-shop, as a row to compare with. */
export function djangoCheck(shop: string) {
  const requirements = readFileSync(join(shop, 'requirements.txt'), 'utf8')
    .split('\n')
    .filter((line) => /^\w/.test(line));
  return {
    name: 'manage.py check --deploy',
    command: pythonEnvironment('3.11', requirements).command('python', ['manage.py', 'check', '--deploy']),
    cwd: shop,
    env: {
      DJANGO_SETTINGS_MODULE: 'shop.settings.production',
      DJANGO_SECRET_KEY: 'benchmark',
      PYCRASH: '0',
    },
  };
}
