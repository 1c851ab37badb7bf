import type { Service } from '../../project/project.ts';
import { isIn, seconds, UnitKeys } from '../../project/unit-keys.ts';
import { render } from '../../templates.ts';

/** What `templates/systemd/drop-in.conf` needs to know; an empty value leaves its lines out. */
export interface DropIn {
  unit: string;
  startLimitInUnit: boolean;
  startLimitInService: boolean;
  restart: '' | 'on-failure' | 'always';
  server: string;
  /** What stays of RestartPreventExitStatus=; null where the unit's own is fine. */
  preventExitStatus: string | null;
  restartSec: string;
  restartSteps: boolean;
  limitCore: boolean;
  stateDirectory: string;
  whyWorkingDirectory: string;
  pythonPath: string;
  readWritePaths: string;
  /** A StateDirectory= that the service does not work in: the generated module goes there for its core. */
  coreDirectory: string;
  preserveRuntimeDirectory: boolean;
  timeoutStopSec: string;
  oldTimeout: string;
  /** granian is to replace a worker by itself. */
  granianRespawns: boolean;
}

/** The drop-in's text. */
export function renderDropIn(dropIn: DropIn): string {
  return render('systemd/drop-in.conf', { ...dropIn });
}

/** Shorter than this, stopping a service cuts the core of a process with some hundred megabytes off (1 GB takes 5 s alone on a fast disk). */
const SHORTEST_STOP_SECONDS = 60;

/** A drop-in for any unit of which nothing is known: everything that a default takes away. */
export function generalDropIn(unit: string, systemdVersion: number): DropIn {
  return {
    unit,
    ...startLimit(systemdVersion, true),
    restart: 'on-failure',
    server: '',
    preventExitStatus: null,
    restartSec: '1s',
    restartSteps: systemdVersion >= 254,
    limitCore: true,
    stateDirectory: '',
    whyWorkingDirectory: '',
    pythonPath: '',
    readWritePaths: '',
    coreDirectory: '',
    preserveRuntimeDirectory: false,
    timeoutStopSec: '',
    oldTimeout: '',
    granianRespawns: false,
  };
}

/** What this service's unit lacks; undefined where it lacks nothing. */
export function dropInFor(service: Service, systemdVersion: number): DropIn | undefined {
  const unit = new UnitKeys(service.unit?.entries ?? []);
  const restartSec = unit.last('RestartSec') === undefined;
  const timeout = stopSeconds(unit);
  const short = timeout !== undefined && timeout.seconds < SHORTEST_STOP_SECONDS;
  const prevented = unit.words('RestartPreventExitStatus');
  const kept = prevented.filter((word) => !/^(SIG)?ABRT$|^6$|^134$/.test(word));
  const dropIn: DropIn = {
    unit: service.name,
    ...startLimit(systemdVersion, reachesStartLimit(unit)),
    restart: restartNeeded(service, unit),
    server: service.command?.value.server ?? '',
    preventExitStatus: kept.length < prevented.length ? kept.join(' ') : null,
    restartSec: restartSec ? '1s' : '',
    restartSteps: restartSec && systemdVersion >= 254,
    limitCore: !/^infinity(:|$)/.test(unit.last('LimitCORE') ?? '') && !liftedInCommand(service),
    ...workingDirectory(service, unit, systemdVersion),
    timeoutStopSec: short ? '90s' : '',
    oldTimeout: short ? timeout.text : '',
    granianRespawns: endsWithOneWorker(service),
  };
  const values = Object.entries(dropIn).filter(
    ([key]) => !['unit', 'server', 'whyWorkingDirectory', 'oldTimeout'].includes(key),
  );
  return values.some(([, value]) => value !== false && value !== '' && value !== null) ? dropIn : undefined;
}

/** StartLimitIntervalSec= in [Unit] came with systemd 230; before that it was StartLimitInterval= in [Service]. */
function startLimit(
  systemdVersion: number,
  needed: boolean,
): Pick<DropIn, 'startLimitInUnit' | 'startLimitInService'> {
  return {
    startLimitInUnit: needed && systemdVersion >= 230,
    startLimitInService: needed && systemdVersion < 230,
  };
}

/** Can a crash loop use up StartLimitBurst= within the interval? Defaults: 5 in 10 s, 100 ms apart (systemd.service(5)). */
function reachesStartLimit(unit: UnitKeys): boolean {
  const interval = seconds(unit.last('StartLimitIntervalSec') ?? unit.last('StartLimitInterval') ?? '10s');
  const burst = Number(unit.last('StartLimitBurst') ?? 5);
  const pause = seconds(unit.last('RestartSec') ?? '1s');
  if (interval === undefined || pause === undefined || Number.isNaN(burst)) return false;
  return interval > 0 && burst > 0 && pause * burst < interval;
}

function restartNeeded(service: Service, unit: UnitKeys): DropIn['restart'] {
  const policy = unit.last('Restart') ?? 'no';
  // hypercorn ends with 0 when its last worker has crashed
  if (service.command?.value.server === 'hypercorn') return policy === 'always' ? '' : 'always';
  if (policy === 'always' || policy === 'on-failure') return '';
  // behind a shell SIGABRT is exit status 134, an ordinary failure
  const abortIsSeen = service.command?.value.behindShell !== true;
  return (policy === 'on-abort' || policy === 'on-abnormal') && abortIsSeen ? '' : 'on-failure';
}

/** granian with several workers, of which none is replaced; `--no-respawn-failed-workers` is somebody's decision. */
function endsWithOneWorker({ command }: Service): boolean {
  if (command?.value.server !== 'granian') return false;
  const { options } = command.value;
  const decided = options.has('respawn-failed-workers') || options.has('no-respawn-failed-workers');
  return !decided && Number(options.get('workers')?.value) > 1;
}

/** A start command that says `ulimit -c unlimited` itself. */
function liftedInCommand({ coreLimit, unit }: Service): boolean {
  const { soft, at } = coreLimit;
  return soft === 'unlimited' && at !== undefined && unit?.files.includes(at.file) !== true;
}

function stopSeconds(unit: UnitKeys): { seconds: number; text: string } | undefined {
  const text = unit.last('TimeoutStopSec') ?? unit.last('TimeoutSec');
  const value = text === undefined ? undefined : seconds(text);
  return text === undefined || value === undefined ? undefined : { seconds: value, text };
}

type Where = Pick<
  DropIn,
  | 'stateDirectory'
  | 'whyWorkingDirectory'
  | 'pythonPath'
  | 'readWritePaths'
  | 'coreDirectory'
  | 'preserveRuntimeDirectory'
>;

/** Where the core goes, if the unit's own working directory would lose it. */
function workingDirectory(service: Service, unit: UnitKeys, systemdVersion: number): Where {
  const where: Where = {
    stateDirectory: '',
    whyWorkingDirectory: '',
    pythonPath: '',
    readWritePaths: '',
    coreDirectory: '',
    preserveRuntimeDirectory: false,
  };
  const changed = service.command?.value.options.get('chdir')?.value;
  const own = unit
    .last('WorkingDirectory')
    ?.replace(/^-/, '')
    .replace(/(.)\/+$/, '$1');
  const folder = changed ?? own ?? '/';
  // a specifier or `~` that only the host can tell
  if (!folder.startsWith('/') || folder.includes('%')) return where;
  const runtime = unit.words('RuntimeDirectory').map((name) => `/run/${name}`);
  if (runtime.some((name) => isIn(folder, name))) {
    where.preserveRuntimeDirectory = (unit.last('RuntimeDirectoryPreserve') ?? 'no') === 'no';
    return where;
  }
  const kept = ['State', 'Cache', 'Logs'].flatMap((kind, index) =>
    unit
      .words(`${kind}Directory`)
      .map((name) => `${['/var/lib', '/var/cache', '/var/log'][index] ?? ''}/${name}`),
  );
  if (kept.some((name) => isIn(folder, name))) return where;
  const why = reasonToMove(folder, unit);
  if (why !== undefined && changed === undefined && systemdVersion >= 235) {
    where.stateDirectory = unit.words('StateDirectory')[0] ?? ownName(service);
    where.whyWorkingDirectory = why;
    if (own !== undefined) where.pythonPath = [folder, ...pythonPath(service)].join(':');
    return where;
  }
  if (
    unit.last('ProtectSystem') === 'strict' ||
    unit.words('ReadOnlyPaths').some((name) => isIn(folder, name))
  ) {
    const writable = unit.words('ReadWritePaths').map((name) => name.replace(/^[-+]+/, ''));
    const always = ['/dev', '/proc', '/sys', ...(unit.isYes('PrivateTmp') ? ['/tmp', '/var/tmp'] : [])];
    if (![...writable, ...always].some((name) => isIn(folder, name))) where.readWritePaths = `-${folder}`;
  }
  if (losesTemporary(unit) && !isOwn(folder, unit) && systemdVersion >= 235) {
    where.coreDirectory = unit.words('StateDirectory').length > 0 ? '' : ownName(service);
  }
  return where;
}

function ownName({ name }: Service): string {
  return name.replace(/@?\.service$/, '');
}

/** Is /var/tmp, the last place that the generated module tries for its core, emptied by a restart or read-only? */
function losesTemporary(unit: UnitKeys): boolean {
  return unit.isYes('PrivateTmp') || unit.last('ProtectSystem') === 'strict';
}

/** May the service surely write to the folder? */
function isOwn(folder: string, unit: UnitKeys): boolean {
  const user = unit.last('User') ?? 'root';
  return user === 'root' || user === '0' || isIn(folder, `/home/${user}`);
}

function reasonToMove(folder: string, unit: UnitKeys): string | undefined {
  const user = unit.last('User');
  const dynamic = unit.isYes('DynamicUser');
  if (dynamic) return `DynamicUser= can write to none of the folders of the machine, and not to ${folder}.`;
  if (folder === '/' && user !== undefined && user !== 'root' && user !== '0') {
    return `Without WorkingDirectory= it is /, where ${user} cannot write.`;
  }
  const temporary = isIn(folder, '/tmp') || isIn(folder, '/var/tmp');
  if (temporary && unit.isYes('PrivateTmp'))
    return `PrivateTmp= empties ${folder} at every restart, and the core with it.`;
  return undefined;
}

function pythonPath(service: Service): string[] {
  const value = service.environment.get('PYTHONPATH')?.value ?? '';
  return value === '' ? [] : [value];
}
