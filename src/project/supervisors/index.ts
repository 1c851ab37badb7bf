import type { CommandReader } from '../start-command.ts';
import { circus } from './circus.ts';
import { compose } from './compose.ts';
import { dockerfile } from './dockerfile.ts';
import { functions } from './functions.ts';
import { kubernetes } from './kubernetes.ts';
import { modWsgi } from './mod-wsgi.ts';
import { nginxUnit } from './nginx-unit.ts';
import { nomad } from './nomad.ts';
import { openrc } from './openrc.ts';
import { procfile } from './procfile.ts';
import { daemontools, runit, s6 } from './run-scripts.ts';
import type { Found, Supervisor } from './supervisor.ts';
import { supervisord } from './supervisord.ts';
import { systemd } from './systemd.ts';
import { uwsgiFiles } from './uwsgi-files.ts';

/** Every kind of supervisor that services are looked for in. */
const SUPERVISORS: readonly Supervisor[] = [
  systemd,
  supervisord,
  runit,
  s6,
  daemontools,
  openrc,
  circus,
  compose,
  dockerfile,
  kubernetes,
  nomad,
  procfile,
  functions,
  modWsgi,
  nginxUnit,
];

/** Files for the developer's machine and for CI, by their name: not what runs in production. */
export const DEVELOPMENT =
  /(?:^|[/._-])(?:dev|devel|development|devcontainer|local|test|tests|testing|testenv|ci|cypress|e2e|override|debug)(?=[/._-]|$)/i;

/** The services of every kind, in the order of the table; those of development files are only named. */
export function findServices(reader: CommandReader): Found {
  const found: Found = { services: [], notes: [] };
  for (const supervisor of SUPERVISORS) supervisor.find(reader, found);
  found.services.push(...uwsgiFiles(reader, found.services));
  const services = found.services.filter(
    ({ file, supervisor }) => supervisor === 'systemd' || !DEVELOPMENT.test(file),
  );
  for (const file of new Set(found.services.map((service) => service.file))) {
    if (services.some((service) => service.file === file)) continue;
    found.notes.push({
      code: 'development-file',
      message: `${file} is for development by its name; it was left out`,
    });
  }
  return { services, notes: found.notes };
}
