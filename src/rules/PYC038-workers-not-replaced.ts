import { managerOfSanic } from '../project/servers/sanic.ts';
import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC038',
  slug: 'workers-not-replaced',
  level: 'error',
  summary: 'the server does not replace workers: after the last one the port is open and nobody answers',
  check: (project) =>
    project.services.flatMap((service) => {
      const { name, command } = service;
      const manager = managerOfSanic(service);
      if (manager !== undefined) {
        return [
          {
            confidence: 'high' as const,
            message: `the manager of sanic does not replace a worker of ${name} that crashed: after ${manager.value === '1' ? 'the first crash' : `${manager.value} crashes`} it lives on, the port is open, and no request is answered`,
            help: 'write --single-process: then a crash ends the server, and its supervisor starts it again',
            at: manager.at,
          },
        ];
      }
      if (command?.value.server !== 'uvicorn') return [];
      const { options, serverVersion } = command.value;
      const workers = options.get('workers');
      if (workers === undefined || !(Number(workers.value) > 1) || serverVersion === undefined) return [];
      // 0.30.0 has a new process manager
      const [major = 0, minor = 0] = serverVersion.value.split('.').map(Number);
      if (major > 0 || minor >= 30) return [];
      return [
        {
          confidence: 'high' as const,
          message: `uvicorn ${serverVersion.value} of ${name} does not replace a worker that crashed (${serverVersion.at.file} pins it): after ${workers.value} crashes its parent lives on, the port is open, and no request is answered`,
          help: 'pin uvicorn 0.30.0 or later, or run it under gunicorn: gunicorn -k uvicorn.workers.UvicornWorker',
          at: workers.at,
        },
      ];
    }),
};
