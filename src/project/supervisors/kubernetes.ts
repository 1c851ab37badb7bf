import type { Located, RestartPolicy } from '../project.ts';
import { maskTemplate, PLACEHOLDER } from '../readers/template.ts';
import type { SourceFile } from '../readers/text.ts';
import { itemsOf, readYaml, textOf, under, type YamlValue } from '../readers/yaml.ts';
import { type CommandReader, startedByWords } from '../start-command.ts';
import { podFiles } from './container-files.ts';
import { isDockerfile, readImage, type Image } from './dockerfile.ts';
import { addServices, folderOf, type Found, type Supervisor } from './supervisor.ts';

const KINDS =
  /^\s*["']?kind["']?:\s*["']?(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|Pod|DeploymentConfig|Rollout)\b/m;

/** Manifests are looked for in so many YAML files at most: a tree with more holds data. */
const MOST_FILES = 2_000;

/** Kubernetes manifests, plain or as Helm templates (read through; what a value puts in is named as unread). */
export const kubernetes: Supervisor = {
  name: 'kubernetes',
  find(reader, found) {
    let files = 0;
    for (const path of reader.sources.besidesPython) {
      if (
        !/\.(?:ya?ml|json)(?:\.(?:j2|tmpl|tpl|in))?$/.test(path) ||
        /(?:^|\/)\.(?:github|gitlab)\//.test(path)
      )
        continue;
      if (path.endsWith('.json') && !/k8s|kube|deploy|manifest/.test(path)) continue;
      if (++files > MOST_FILES) break;
      const file = reader.sources.read(path);
      if (file === undefined || !KINDS.test(file.text)) continue;
      const masked = maskTemplate(file.text);
      for (const document of readYaml(file, masked.text)) {
        for (const workload of under(document, 'kind')?.kind === 'scalar'
          ? [document, ...itemsOf(under(document, 'items'))]
          : []) {
          addContainers({ file, templated: masked.templated }, workload, reader, found);
        }
      }
      if (masked.templated) {
        found.notes.push({
          code: 'template',
          message: `${path} is a template: what its values put in was not read`,
          at: file.span(0, 0),
        });
      }
    }
  },
};

function addContainers(
  { file, templated: isTemplate }: { file: SourceFile; templated: boolean },
  workload: YamlValue,
  reader: CommandReader,
  found: Found,
): void {
  const kind = textOf(under(workload, 'kind'))?.value ?? '';
  const pod = kind === 'Pod' ? under(workload, 'spec') : under(workload, 'spec', 'template', 'spec');
  const name =
    shown(textOf(under(workload, 'metadata', 'name'))) ?? file.path.slice(file.path.lastIndexOf('/') + 1);
  for (const container of itemsOf(under(pod, 'containers'))) {
    const environment = new Map(
      itemsOf(under(container, 'env')).flatMap((item): [string, Located<string>][] => {
        const variable = textOf(under(item, 'name'));
        const value = textOf(under(item, 'value'));
        return variable === undefined || value === undefined || value.value.includes(PLACEHOLDER)
          ? []
          : [[variable.value, value]];
      }),
    );
    const words = [...wordsOf(under(container, 'command')), ...wordsOf(under(container, 'args'))];
    const label = shown(textOf(under(container, 'name'))) ?? 'container';
    const templated = words.find(({ value }) => value.includes(PLACEHOLDER));
    const known = words.map(({ value, at }) => ({ value: value.replaceAll(PLACEHOLDER, ''), at }));
    const started = startedByWords(
      known.filter(({ value }) => value !== ''),
      { reader, environment, folder: folderOf(file.path) },
    );
    const image = words.length === 0 ? ownImage(reader, container) : undefined;
    if (image !== undefined) started.push(...image.started(undefined, undefined, environment));
    if (words.length === 0) {
      found.notes.push({
        code: 'image-command',
        message: `${name}/${label} runs the command of its image, which this file does not say${image === undefined ? '' : `; taken for that of ${image.file}`}`,
        at: container.at,
      });
    } else if (templated !== undefined && started.length === 0) {
      found.notes.push({
        code: 'template',
        message: `the command of ${name}/${label} is put in by a template`,
        at: templated.at,
      });
    }
    const user =
      textOf(under(container, 'securityContext', 'runAsUser')) ??
      textOf(under(pod, 'securityContext', 'runAsUser'));
    const workingDirectory = textOf(under(container, 'workingDir'));
    // a patch names a container and says nothing of its image
    const whole = !isTemplate && under(container, 'image') !== undefined;
    addServices(
      found,
      {
        name: `${name}/${label}`,
        supervisor: 'kubernetes',
        file: file.path,
        restart: restartOf(textOf(under(pod, 'restartPolicy'))),
        failuresOnly: textOf(under(pod, 'restartPolicy'))?.value === 'OnFailure',
        // no field of the API sets a limit (kubernetes/kubernetes#3595): the runtime's default holds
        coreLimit: {
          soft: 'unknown',
          detail:
            'Kubernetes has no field for it: the container runtime’s default holds, and the core pattern is the node’s',
        },
        environment,
        containerFiles: podFiles(pod, container, whole),
        ...(user === undefined ? {} : { user }),
        ...(workingDirectory === undefined ? {} : { workingDirectory }),
      },
      started,
    );
  }
}

/** Images that nobody builds from the repository of an application. */
const KNOWN_IMAGES =
  /(?:^|\/)(?:nginx|postgres\w*|redis|mysql|mariadb|memcached|rabbitmq|busybox|alpine|metabase|mongo|elasticsearch|opensearch|minio|localstack|wget|curl)\b/;

/** The repository's own image where it builds just one, and the container's is not a known other one. */
function ownImage(reader: CommandReader, container: YamlValue): (Image & { file: string }) | undefined {
  const named = `${textOf(under(container, 'image'))?.value ?? ''} /${textOf(under(container, 'name'))?.value ?? ''}`;
  if (named.split(' ').some((part) => KNOWN_IMAGES.test(part))) return undefined;
  const candidates = reader.sources.besidesPython.filter(isDockerfile);
  const path =
    candidates.length === 1 ? candidates[0] : candidates.find((candidate) => candidate === 'Dockerfile');
  const file = path === undefined ? undefined : reader.sources.read(path);
  return file === undefined ? undefined : Object.assign(readImage(file, reader), { file: file.path });
}

function wordsOf(value: YamlValue | undefined): Located<string>[] {
  return itemsOf(value).flatMap((item) => textOf(item) ?? []);
}

/** A name without the parts that a template puts in. */
function shown(text: Located<string> | undefined): string | undefined {
  const name = text?.value.replaceAll(PLACEHOLDER, '').replace(/^-+|-+$/g, '');
  return name === undefined || name === '' ? undefined : name;
}

/** Pod lifecycle: restartPolicy is Always by default; waits grow up to five minutes. */
function restartOf(policy: Located<string> | undefined): RestartPolicy {
  const value = policy?.value ?? 'Always';
  const at = policy === undefined ? {} : { at: policy.at };
  if (value === 'Always' || value === 'OnFailure') {
    return {
      afterAbort: true,
      ...at,
      detail: `restartPolicy ${value}${policy === undefined ? ' (the default)' : ''}: the kubelet starts it again, up to five minutes later in a crash loop`,
    };
  }
  return value === 'Never'
    ? { afterAbort: false, ...at, detail: 'restartPolicy Never: the container is not started again' }
    : { afterAbort: 'unknown', ...at, detail: 'restartPolicy is put in by a template' };
}
