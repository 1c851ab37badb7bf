import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { chooseApplication } from '../../src/wiring/choose-application.ts';
import { project } from '../project/whole-project.ts';

test('of two applications in one folder each is chosen by its framework, where that is its own', async () => {
  const both = await project({
    Procfile: 'web: gunicorn shop.web:app\nevents: python -m shop.events\n',
    'shop/__init__.py': '',
    'shop/web.py': 'from flask import Flask\n\napp = Flask("a")\n',
    'shop/events.py':
      'from aiohttp import web\n\napp = web.Application()\n\nif __name__ == "__main__":\n    web.run_app(app)\n',
  });
  const why = (): string => {
    try {
      chooseApplication(both, {});
      return '';
    } catch (error) {
      return error instanceof UserError ? (error.help ?? '') : '';
    }
  };
  expect(why()).toBe(
    'Say which one, or run init in its folder:\n' +
      '  --framework aiohttp   (.: shop/events.py)\n' +
      '  --framework flask   (.: shop/web.py)',
  );
  expect(chooseApplication(both, { framework: 'aiohttp' }).entryPoints).toMatchObject([
    { file: 'shop/events.py' },
  ]);
});
