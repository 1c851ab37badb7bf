import type { LaunchRequest, RunningService } from '../launch.ts';

/** A supervisor that the service can be started under. One file each in this folder. */
export interface StartableSupervisor {
  /** As `Service.supervisor` has it. */
  name: string;
  /** Is it on this machine? Absent where there is nothing to be there. */
  isHere?(): boolean;
  /** Can it be started by a user who is not root? Absent where that is never so. */
  worksWithoutRoot?(): boolean;
  /** Starts the service; throws a `UserError` where that cannot be done on this machine. */
  start(request: LaunchRequest): Promise<RunningService>;
}
