import type { ScheduledCommand } from './project.ts';
import { linesOf } from './readers/ini.ts';
import { maskTemplate, PLACEHOLDER } from './readers/template.ts';
import type { SourceFile } from './readers/text.ts';
import { itemsOf, readYaml, textOf, under } from './readers/yaml.ts';
import { startedByText, startedByWords, type CommandReader, type Started } from './start-command.ts';

/** Files of cron(8) and what reads its format (supercronic, ofelia has its own): crontab, cron.d/NAME, NAME.cron. */
const CRONTAB = /(?:^|\/)(?:[\w.-]*crontab[\w.-]*|cron\.d\/[\w.-]+|[\w-]+\.cron)$/;

/** Five times and a command, or one of the names (crontab(5)). */
const CRON_LINE =
  /^(?:@(?:hourly|daily|midnight|weekly|monthly|yearly|annually|reboot)|(?:[\d*][^\s]*[ \t]+){4}[\w*][^\s]*)[ \t]+(?=\S)/;

const MOST_FILES = 2_000;

/** What crontabs and CronJobs of Kubernetes of the tree start. What timers of systemd start is among the services. */
export function findScheduledCommands(reader: CommandReader): ScheduledCommand[] {
  const found: ScheduledCommand[] = [];
  let manifests = 0;
  for (const path of reader.sources.besidesPython) {
    const isManifest = /\.ya?ml(?:\.(?:j2|tmpl|tpl|in))?$/.test(path);
    if (!CRONTAB.test(path) && (!isManifest || ++manifests > MOST_FILES)) continue;
    const file = reader.sources.read(path);
    if (file === undefined) continue;
    const started = isManifest ? startedByCronJobs(file, reader) : startedByCrontab(file, reader);
    found.push(...started.map(({ command }) => ({ file: path, command })));
  }
  return found;
}

function startedByCrontab(file: SourceFile, reader: CommandReader): Started[] {
  return [...linesOf(file.text)].flatMap(({ text, start }) => {
    const [times] = CRON_LINE.exec(text) ?? [];
    if (times === undefined) return [];
    // the user that comes first in cron.d is taken for a program, and the words behind it for its arguments
    const from = times.length;
    const value = text.slice(from).trimEnd();
    const at = file.span(start + from, start + from + value.length);
    return startedByText({ value, at }, { reader, environment: new Map(), folder: '' });
  });
}

function startedByCronJobs(file: SourceFile, reader: CommandReader): Started[] {
  if (!/^\s*["']?kind["']?:\s*["']?CronJob\b/m.test(file.text)) return [];
  return readYaml(file, maskTemplate(file.text).text).flatMap((document) => {
    if (textOf(under(document, 'kind'))?.value !== 'CronJob') return [];
    const pod = under(document, 'spec', 'jobTemplate', 'spec', 'template', 'spec');
    return itemsOf(under(pod, 'containers')).flatMap((container) => {
      const words = ['command', 'args'].flatMap((key) =>
        itemsOf(under(container, key)).flatMap((item) => textOf(item) ?? []),
      );
      const known = words.filter(({ value }) => !value.includes(PLACEHOLDER));
      return known.length === 0 ? [] : startedByWords(known, { reader, environment: new Map(), folder: '' });
    });
  });
}
