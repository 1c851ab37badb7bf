import { render } from '../../templates.ts';

/** The conf.d file of a service script that lacks these variables; by default all of them. */
export function renderSettings(name: string, lacking?: ReadonlySet<string>): string {
  const lacks = (variable: string) => lacking === undefined || lacking.has(variable);
  return render('openrc/conf.d', {
    name,
    supervisor: lacks('supervisor'),
    coreLimit: lacks('rc_ulimit'),
    respawnDelay: lacks('respawn_delay'),
    respawnMax: lacks('respawn_max'),
    retry: lacks('retry'),
  });
}
