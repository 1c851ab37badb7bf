import { execa } from 'execa';

/** What gdb says of a core; undefined where there is no gdb. */
export async function askGdb(
  core: string,
  executable: string,
): Promise<{ ok: boolean; detail: string } | undefined> {
  const result = await execa(
    'gdb',
    [
      '-nx',
      '-batch',
      '-iex',
      'set auto-load no',
      '-iex',
      'set debuginfod enabled off',
      '-ex',
      'bt',
      executable,
      core,
    ],
    { reject: false, timeout: 60_000, env: { LC_ALL: 'C' } },
  );
  if (result.failed && result.code === 'ENOENT') return undefined;
  const signal = /Program terminated with signal (\w+)/.exec(result.stdout)?.[1];
  const aborting = /^#\d+ .*\b(abort|raise|__pthread_kill\w*) \(/m.test(result.stdout);
  if (signal === 'SIGABRT' && aborting) {
    return { ok: true, detail: 'signal SIGABRT, abort() on the stack of the thread that took it' };
  }
  const said = `${result.stderr}\n${result.stdout}`.trim().split('\n').slice(-3).join(' | ');
  return {
    ok: false,
    detail: signal === undefined ? `no core for gdb: ${said}` : `signal ${signal}: ${said}`,
  };
}
