import { render } from '../../templates.ts';

/** A complete systemd unit for one service. */
export interface UnitOptions {
  /** Without `.service`. */
  name: string;
  user: string;
  /** Folder with manage.py on the host: Python imports from there. */
  importRoot: string;
  command: string;
  settings: string;
  systemdVersion: number;
}

/** The text of a unit that brings the service back after SIGABRT and keeps its core. */
export function renderUnit(options: UnitOptions): string {
  const program = /(?:^|\/)([\w.-]+)$/.exec(options.command.split(' ')[0] ?? '')?.[1] ?? '';
  return render('systemd/unit.service', {
    ...options,
    unit: `${options.name}.service`,
    description: `${options.name} (Python web service)`,
    // gunicorn tells systemd when it is ready (gunicorn/systemd.py); others need not
    type: program === 'gunicorn' ? 'notify' : 'simple',
    restart: program === 'hypercorn' ? 'always' : 'on-failure',
  });
}

/** The command line of gunicorn in a virtual environment beside the application. */
export function gunicornCommand(place: string, application: string): string {
  return `${place}/.venv/bin/gunicorn --bind 127.0.0.1:8000 --workers 3 --timeout 60 ${application}`;
}

/** The command line of uvicorn there; `application` may be the call of a factory, e.g. `shop:create_app()`. */
export function uvicornCommand(place: string, application: string): string {
  const factory = application.endsWith('()') ? '--factory ' : '';
  return `${place}/.venv/bin/uvicorn --host 127.0.0.1 --port 8000 --workers 3 ${factory}${application.replace('()', '')}`;
}

/** The command line of a worker of Celery there. */
export function celeryCommand(place: string, application: string): string {
  return `${place}/.venv/bin/celery --app ${application.replace('()', '')} worker --loglevel INFO`;
}

/** The command line of Dramatiq there, with the modules that it is to import. */
export function dramatiqCommand(place: string, modules: readonly string[]): string {
  return `${place}/.venv/bin/dramatiq ${modules.join(' ')}`;
}

/** The command line of a program there that serves HTTP by itself. */
export function programCommand(place: string, module: string): string {
  return `${place}/.venv/bin/python -m ${module}`;
}
