import { consoleScripts } from '../console-scripts.ts';
import type { Note, Service } from '../project.ts';
import type { Sources } from '../sources.ts';
import { NOT_DEPLOYED, type FoundObject } from './objects.ts';

/**
 * Why an object is no application that the repository deploys: it is made inside an object of a class, where no server
 * could import it, of a package that installs a command to start itself, and nothing in the repository starts that.
 * Undefined where any of the three is not so.
 */
export function startsItself(
  object: FoundObject,
  sources: Sources,
  services: readonly Service[],
): Note | undefined {
  const { madeIn, framework, points } = object;
  const [{ module, file, inPlace }] = points;
  if (madeIn === undefined) return undefined;
  const [top = ''] = module.split('.');
  const scripts = consoleScripts(sources).filter(({ value }) => value.module.split('.')[0] === top);
  const [script] = scripts;
  if (script === undefined || inPlace === undefined) return undefined;
  const names = scripts.flatMap(({ value }) => [value.name, value.module]);
  const isStarted =
    services.some(
      ({ file: from, command }) =>
        !NOT_DEPLOYED.test(from) &&
        command?.value.argv.some((word) => word === top || names.includes(word)) === true,
    ) || isNamedByStart(sources, names);
  if (isStarted) return undefined;
  const { call, target, statement, where } = inPlace;
  const edit = where === 'around' ? `${call}(…) around that call` : `${call}(${target}) after that line`;
  return {
    code: 'starts-itself',
    message:
      `${file}:${statement.line} makes a ${framework.title} application inside of ${madeIn}, which the command ` +
      `"${script.value.name}" of this package starts (${script.at.file}:${script.at.line}): no server imports it, and no ` +
      `unit, container or Procfile here starts that command. Add the one that you run, then init puts ${edit}`,
    at: statement,
  };
}

/** Files that start programs, and the keys and words before what they start. A command of one's own is no known server. */
const STARTS =
  /(^|\/)(Procfile|run|[^/]*Dockerfile[^/]*|Containerfile|[^/]*compose[^/]*\.ya?ml)$|\.(service|conf|ini|nomad|sh)$/;

function isNamedByStart(sources: Sources, names: readonly string[]): boolean {
  const any = names.map((name) => name.replaceAll('.', String.raw`\.`)).join('|');
  const started = new RegExp(
    String.raw`^\s*(?:ExecStart\s*=|CMD\b|ENTRYPOINT\b|entrypoint\s*:|command\s*[:=]|web\s*:|exec\b)(?:.*[\s/"'])?(?:${any})(?![\w.-])`,
    'm',
  );
  return sources.besidesPython
    .filter((path) => STARTS.test(path) && !NOT_DEPLOYED.test(path))
    .some((path) => started.test(sources.read(path)?.text ?? ''));
}
