import { isIn, NO } from '../project/unit-keys.ts';
import type { Rule } from './rule.ts';
import { lastingUnits, ownFolder, workingFolder } from './unit-services.ts';

/** What systemd runs between the end of a service and its next start. */
const COMMANDS = ['ExecCondition', 'ExecStartPre', 'ExecStartPost', 'ExecStop', 'ExecStopPost'];

/** `rm` or `find … -delete` of the core in the folder: by its name, or with what else is there. */
function removesCore(command: string, folder: string): boolean {
  const found = /(?:^|[\s/"'(;&])find\s+(\/\S*)([^;&|]*?)-delete/.exec(command);
  const wanted = /-name\s+["'\\]*([^\s"']+)/.exec(found?.[2] ?? '')?.[1] ?? '*';
  const days = /-[acm]?(?:time|min)\b|-newer/.test(found?.[2] ?? '');
  if (found !== null && isIn(folder, found[1]?.replace(/(.)\/+$/, '$1') ?? '') && !days)
    return /^(?:core|\*|core\.?\*)$/.test(wanted.replaceAll('\\', ''));
  const removed = /(?:^|[\s/"'(;&])rm\s+([^;&|"']+)/.exec(command)?.[1]?.split(/\s+/) ?? [];
  return removed.some((word) => {
    const path = word.startsWith('/') ? word : `${folder}/${word}`;
    return [`${folder}/core`, `${folder}/core*`, `${folder}/*`, `${folder}/core.*`].includes(path);
  });
}

export const rule: Rule = {
  id: 'PYC017',
  slug: 'core-deleted-by-restart',
  level: 'error',
  summary: 'the core is written, and the restart deletes it',
  check: (project) => [
    ...project.services.flatMap(({ name, unit, command }) => {
      const at = command?.value.removesCore;
      if (at === undefined || unit?.endsByItself === true) return [];
      return [
        {
          confidence: 'high' as const,
          message: `what starts ${name} deletes the core of the crash before`,
          help: 'take the core out of what is deleted, or move it to a folder of its own',
          at,
        },
      ];
    }),
    ...lastingUnits(project).flatMap((unit) => {
      const { keys, start } = unit;
      const folder = workingFolder(unit);
      if (folder === undefined) return [];
      const at = folder.at ?? start;
      const temporary = isIn(folder.path, '/tmp') || isIn(folder.path, '/var/tmp');
      const dynamic = keys.isYes('DynamicUser');
      if (temporary && (dynamic || keys.isYes('PrivateTmp'))) {
        const key = keys.isYes('PrivateTmp') ? 'PrivateTmp=' : 'DynamicUser=';
        return [
          {
            confidence: 'high' as const,
            message: `the working directory ${folder.path} is a private one (${key}) that is deleted whenever the service stops, and the core with it`,
            help: 'write StateDirectory=NAME and WorkingDirectory=/var/lib/NAME in [Service]',
            at,
          },
        ];
      }
      const removes = keys.entries(COMMANDS).find(({ value }) => removesCore(value, folder.path));
      if (removes !== undefined) {
        return [
          {
            confidence: 'high' as const,
            message: `${removes.key}= deletes the core in ${folder.path} at every restart`,
            help: 'take the core out of what is deleted, or move it to a folder of its own',
            at: removes.at,
          },
        ];
      }
      const runtime = keys
        .words('RuntimeDirectory')
        .some((name) => isIn(folder.path, ownFolder('/run', name)));
      const preserve = keys.last('RuntimeDirectoryPreserve') ?? 'no';
      if (!runtime || !NO.test(preserve)) return [];
      return [
        {
          confidence: 'high' as const,
          message: `the working directory ${folder.path} is the RuntimeDirectory=, which systemd deletes at every restart, and the core with it`,
          help: 'write RuntimeDirectoryPreserve=restart in [Service], or use StateDirectory=',
          at,
        },
      ];
    }),
  ],
};
