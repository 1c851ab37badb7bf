import type { LaunchRequest, RunningService } from '../launch.ts';

/** A supervisor that the service can be started under. One file each in this folder. */
export interface StartableSupervisor {
  /** As `Service.supervisor` has it. */
  name: string;
  /** Starts the service; throws a `UserError` where that cannot be done on this machine. */
  start(request: LaunchRequest): Promise<RunningService>;
}
