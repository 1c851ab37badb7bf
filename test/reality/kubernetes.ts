import { IMAGE } from '../podman.ts';
import type { ContainerVariant } from './compose.ts';

interface Parts {
  kind?: 'Deployment' | 'Pod';
  /** Lines of the pod and of its container, beside those that are right. */
  pod?: string;
  container?: string;
  command?: string;
  folder?: string | undefined;
  mount?: string;
  volume?: string;
}

const indented = (text: string, by: number) => text.replaceAll(/^(?=.)/gm, ' '.repeat(by));
const WORDS = 'command: ["uvicorn", "--port", "PORT", "NAME:app"]';

function manifest(name: string, parts: Parts = {}, more: Partial<ContainerVariant> = {}): ContainerVariant {
  const { kind = 'Deployment', command = WORDS, folder = '/var/lib/NAME' } = parts;
  const mount = parts.mount ?? 'volumeMounts:\n  - {name: NAME-cores, mountPath: /var/lib/NAME}';
  const volume = parts.volume ?? 'volumes:\n  - {name: NAME-cores, emptyDir: {}}';
  const container = [
    'name: web',
    `image: ${IMAGE}`,
    'imagePullPolicy: IfNotPresent',
    ...(folder === '' ? [] : [`workingDir: ${folder}`]),
    command,
    mount,
    parts.container ?? '',
  ];
  const text = container.filter((line) => line !== '').join('\n');
  const pod = `hostNetwork: true\n${parts.pod ?? ''}\n${volume}\ncontainers:\n  -${indented(text, 4).slice(3)}`;
  return {
    name,
    text:
      kind === 'Pod'
        ? `apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec:\n${indented(pod, 2)}\n`
        : `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: NAME}\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: NAME}}\n  template:\n    metadata: {labels: {app: NAME}}\n    spec:\n${indented(pod, 6)}\n`,
    ...more,
  };
}

const sh = (text: string) => `command: ["/bin/sh", "-c"]\nargs: ["${text}"]`;
const NOWHERE = { mount: '', volume: '', folder: '/srv' };

/** What `podman kube play` is started with. */
export const MANIFESTS: readonly ContainerVariant[] = [
  manifest('as-it-should-be'),
  manifest('restart-on-failure', { kind: 'Pod', pod: 'restartPolicy: OnFailure' }),
  manifest('restart-never', { kind: 'Pod', pod: 'restartPolicy: Never' }),
  manifest('shell-exec', { command: sh('exec COMMAND') }),
  manifest('shell-goes-on', { command: sh('COMMAND; echo ended') }),
  manifest('shell-goes-on-on-failure', {
    kind: 'Pod',
    pod: 'restartPolicy: OnFailure',
    command: sh('COMMAND; echo ended'),
  }),
  manifest('no-volume', { ...NOWHERE }),
  manifest('read-only', { ...NOWHERE, container: 'securityContext: {readOnlyRootFilesystem: true}' }),
  manifest('read-only-volume', { container: 'securityContext: {readOnlyRootFilesystem: true}' }),
  manifest('user', { container: 'securityContext: {runAsUser: 1000}' }),
  manifest('user-no-volume', { ...NOWHERE, container: 'securityContext: {runAsUser: 1000}' }),
  manifest('user-of-pod-root-folder', {
    ...NOWHERE,
    folder: '/',
    pod: 'securityContext: {runAsUser: 1000}',
  }),
  manifest('mount-read-only', {
    mount: 'volumeMounts:\n  - {name: NAME-cores, mountPath: /var/lib/NAME, readOnly: true}',
  }),
];
