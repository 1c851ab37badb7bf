import { existsSync, readFileSync } from 'node:fs';

/** What this process runs in: it decides whose core pattern it is and what outlives a restart. */
export interface Surroundings {
  container?: 'docker' | 'podman' | 'lxc' | 'systemd-nspawn' | 'containerd' | 'unknown';
  orchestrator?: 'kubernetes' | 'fargate' | 'lambda' | 'heroku' | 'fly' | 'cloud-run';
  ci?: 'github-actions' | 'gitlab-ci' | 'unknown';
  wsl: boolean;
}

/** Looks at the environment and at well-known files; claims nothing that it does not see. */
export function surroundings(environment: NodeJS.ProcessEnv = process.env, root = ''): Surroundings {
  const text = (file: string): string => (existsSync(root + file) ? readFileSync(root + file, 'utf8') : '');
  const container = containerKind(text('/run/systemd/container').trim(), text('/proc/1/cgroup'), root);
  const orchestrator = orchestratorKind(environment, root);
  const ci =
    environment['GITHUB_ACTIONS'] === 'true'
      ? 'github-actions'
      : environment['GITLAB_CI'] === 'true'
        ? 'gitlab-ci'
        : environment['CI']
          ? 'unknown'
          : undefined;
  return {
    ...(container === undefined ? {} : { container }),
    ...(orchestrator === undefined ? {} : { orchestrator }),
    ...(ci === undefined ? {} : { ci }),
    wsl: /microsoft/i.test(text('/proc/sys/kernel/osrelease')),
  };
}

function containerKind(manager: string, cgroup: string, root: string): Surroundings['container'] {
  // Docker and podman leave these; systemd(1) writes /run/systemd/container from PID 1's $container.
  if (existsSync(`${root}/.dockerenv`)) return 'docker';
  if (existsSync(`${root}/run/.containerenv`)) return 'podman';
  if (manager === 'lxc' || manager === 'systemd-nspawn' || manager === 'docker' || manager === 'podman')
    return manager;
  if (/\/cri-containerd|containerd/.test(cgroup)) return 'containerd';
  return manager === '' ? undefined : 'unknown';
}

function orchestratorKind(environment: NodeJS.ProcessEnv, root: string): Surroundings['orchestrator'] {
  if (environment['KUBERNETES_SERVICE_HOST'] || existsSync(`${root}/var/run/secrets/kubernetes.io`))
    return 'kubernetes';
  if (environment['AWS_LAMBDA_FUNCTION_NAME']) return 'lambda';
  if (environment['ECS_CONTAINER_METADATA_URI_V4']) return 'fargate';
  if (environment['DYNO']) return 'heroku';
  if (environment['FLY_APP_NAME']) return 'fly';
  if (environment['K_SERVICE']) return 'cloud-run';
  return undefined;
}
