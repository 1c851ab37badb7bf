import type { ContainerFiles, ContainerMount, Located } from '../project.ts';
import { PLACEHOLDER } from '../readers/template.ts';
import { itemsOf, textOf, under, type YamlValue } from '../readers/yaml.ts';

/** What a compose service mounts (compose-spec: `volumes`, `tmpfs`, `read_only`); `whole`: no other file adds to it. */
export function composeFiles(
  readOnly: Located<string> | undefined,
  volumes: readonly YamlValue[],
  tmpfs: readonly YamlValue[],
  whole: boolean,
): ContainerFiles {
  const memory = tmpfs
    .flatMap((value) => (value.kind === 'sequence' ? value.items : [value]))
    .flatMap((item): ContainerMount[] => {
      const text = textOf(item);
      return text === undefined
        ? []
        : [
            {
              path: plainPath(text.value.split(':')[0] ?? ''),
              lasts: 'container',
              readOnly: false,
              at: text.at,
            },
          ];
    });
  return filesOf(readOnly, [...memory, ...volumes.flatMap(itemsOf).flatMap(composeMount)], whole);
}

/** Short syntax `[SOURCE:]TARGET[:MODE]`, or a mapping with `type` and `target`. */
function composeMount(item: YamlValue): ContainerMount[] {
  const short = textOf(item);
  if (short !== undefined) {
    // a variable with a default has colons of its own
    const parts = short.value.replace(/\$\{[^}]*\}/g, '$').split(':');
    const target = parts[1]?.startsWith('/') === true ? parts[1] : (parts[0] ?? '');
    const readOnly = /(?:^|,)ro(?:,|$)/.test(parts.at(-1) ?? '');
    return [{ path: plainPath(target), lasts: 'always', readOnly, at: short.at }];
  }
  const target = textOf(under(item, 'target'));
  if (target === undefined) return [];
  return [
    {
      path: plainPath(target.value),
      lasts: textOf(under(item, 'type'))?.value === 'tmpfs' ? 'container' : 'always',
      readOnly: textOf(under(item, 'read_only'))?.value === 'true',
      at: target.at,
    },
  ];
}

/** Kinds of volumes that nobody can write to (Kubernetes, Volumes). */
const READ_ONLY = ['configMap', 'secret', 'downwardAPI', 'projected', 'image'];

/** What a container of a pod mounts, and how large that may become; `whole`: no template and no patch adds to it. */
export function podFiles(pod: YamlValue | undefined, container: YamlValue, whole: boolean): ContainerFiles {
  const volumes = new Map(
    itemsOf(under(pod, 'volumes')).map((volume) => [textOf(under(volume, 'name'))?.value, volume]),
  );
  const mounts = itemsOf(under(container, 'volumeMounts')).flatMap((mount): ContainerMount[] => {
    const path = textOf(under(mount, 'mountPath'));
    if (path === undefined) return [];
    const volume = volumes.get(textOf(under(mount, 'name'))?.value);
    const empty = under(volume, 'emptyDir');
    const size = textOf(under(empty, 'sizeLimit'));
    const medium = textOf(under(empty, 'medium'));
    const bytes = size === undefined ? undefined : kubernetesSize(size.value);
    return [
      {
        path: plainPath(path.value),
        lasts: 'always',
        readOnly:
          textOf(under(mount, 'readOnly'))?.value === 'true' ||
          READ_ONLY.some((kind) => under(volume, kind) !== undefined),
        ...(empty === undefined ? {} : { everybody: true as const }),
        ...(size === undefined || bytes === undefined ? {} : { size: { value: bytes, at: size.at } }),
        ...(medium?.value === 'Memory' ? { inMemory: medium.at } : {}),
        at: path.at,
      },
    ];
  });
  const limit = (name: string) => {
    const text = textOf(under(container, 'resources', 'limits', name));
    const bytes = text === undefined ? undefined : kubernetesSize(text.value);
    return text === undefined || bytes === undefined ? undefined : { value: bytes, at: text.at };
  };
  const memory = limit('memory');
  const storage = limit('ephemeral-storage');
  return {
    ...filesOf(textOf(under(container, 'securityContext', 'readOnlyRootFilesystem')), mounts, whole),
    ...(memory === undefined ? {} : { memoryLimit: memory }),
    ...(storage === undefined ? {} : { storageLimit: storage }),
  };
}

/** Bytes of a Kubernetes quantity such as `512Mi` or `2G`; undefined where it is none. */
function kubernetesSize(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([KMGTP]i?|k)?$/.exec(text.trim()) ?? [];
  if (number === undefined) return undefined;
  const power = ' KMGTP'.indexOf(unit.charAt(0).toUpperCase() || ' ');
  return Number(number) * (unit.endsWith('i') ? 1024 : 1000) ** power;
}

function filesOf(
  readOnly: Located<string> | undefined,
  mounts: readonly ContainerMount[],
  whole: boolean,
): ContainerFiles {
  const complete =
    whole &&
    mounts.every(({ path }) => path.startsWith('/') && !/[$]/.test(path) && !path.includes(PLACEHOLDER));
  return { mounts, complete, ...(readOnly?.value === 'true' ? { readOnlyRoot: readOnly.at } : {}) };
}

function plainPath(path: string): string {
  return path.replace(/(.)\/+$/, '$1');
}
