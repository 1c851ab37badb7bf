// Written by .build/rule-index.mjs from the files of this folder.
import type { Rule } from './rule.ts';
import { rule as PYC001 } from './PYC001-generated-module-missing.ts';
import { rule as PYC002 } from './PYC002-generated-module-changed.ts';
import { rule as PYC003 } from './PYC003-middleware-not-wired.ts';
import { rule as PYC004 } from './PYC004-middleware-not-first.ts';
import { rule as PYC005 } from './PYC005-entry-point-not-wrapped.ts';
import { rule as PYC006 } from './PYC006-debug-on.ts';
import { rule as PYC007 } from './PYC007-development-settings.ts';
import { rule as PYC008 } from './PYC008-switched-off.ts';
import { rule as PYC010 } from './PYC010-no-restart-after-abort.ts';
import { rule as PYC011 } from './PYC011-abort-hidden-by-shell.ts';
import { rule as PYC012 } from './PYC012-restart-prevented.ts';
import { rule as PYC013 } from './PYC013-start-limit-reached.ts';
import { rule as PYC014 } from './PYC014-key-in-wrong-section.ts';
import { rule as PYC015 } from './PYC015-core-limit.ts';
import { rule as PYC016 } from './PYC016-working-folder-not-writable.ts';
import { rule as PYC017 } from './PYC017-core-deleted-by-restart.ts';
import { rule as PYC018 } from './PYC018-coredump-filter.ts';
import { rule as PYC019 } from './PYC019-unknown-unit-value.ts';
import { rule as PYC020 } from './PYC020-unknown-unit-key.ts';
import { rule as PYC021 } from './PYC021-key-newer-than-systemd.ts';
import { rule as PYC022 } from './PYC022-supervisor-leaves-it-down.ts';
import { rule as PYC023 } from './PYC023-supervised-core-limit.ts';
import { rule as PYC024 } from './PYC024-exit-code-swallowed.ts';
import { rule as PYC025 } from './PYC025-restarts-run-out.ts';
import { rule as PYC026 } from './PYC026-fatal-while-starting.ts';
import { rule as PYC027 } from './PYC027-server-in-background.ts';
import { rule as PYC028 } from './PYC028-outlives-a-stop.ts';
import { rule as PYC029 } from './PYC029-leaves-the-foreground.ts';
import { rule as PYC030 } from './PYC030-privileges-dropped-in-process.ts';
import { rule as PYC031 } from './PYC031-timeout-cuts-core.ts';
import { rule as PYC032 } from './PYC032-development-server.ts';
import { rule as PYC033 } from './PYC033-single-worker.ts';
import { rule as PYC034 } from './PYC034-clean-exit-after-crash.ts';
import { rule as PYC035 } from './PYC035-workers-without-master.ts';
import { rule as PYC036 } from './PYC036-harakiri-cuts-core.ts';
import { rule as PYC037 } from './PYC037-interpreter-with-capabilities.ts';
import { rule as PYC038 } from './PYC038-workers-not-replaced.ts';
import { rule as PYC039 } from './PYC039-apache-forbids-core.ts';
import { rule as PYC040 } from './PYC040-signal-instead-of-abort.ts';
import { rule as PYC041 } from './PYC041-process-exception-aborts.ts';
import { rule as PYC042 } from './PYC042-folder-named-core.ts';
import { rule as PYC043 } from './PYC043-core-forbidden-by-code.ts';
import { rule as PYC044 } from './PYC044-task-aborts-for-ever.ts';
import { rule as PYC045 } from './PYC045-unit-refused.ts';
import { rule as PYC046 } from './PYC046-start-never-completes.ts';
import { rule as PYC047 } from './PYC047-watchdog-never-fed.ts';
import { rule as PYC050 } from './PYC050-container-read-only.ts';
import { rule as PYC051 } from './PYC051-core-lost-with-container.ts';
import { rule as PYC052 } from './PYC052-no-core-on-platform.ts';
import { rule as PYC060 } from './PYC060-settings-do-not-parse.ts';
import { rule as PYC061 } from './PYC061-failures-answered-elsewhere.ts';

/** Every rule, in order of its number. */
export const RULES: readonly Rule[] = [
  PYC001,
  PYC002,
  PYC003,
  PYC004,
  PYC005,
  PYC006,
  PYC007,
  PYC008,
  PYC010,
  PYC011,
  PYC012,
  PYC013,
  PYC014,
  PYC015,
  PYC016,
  PYC017,
  PYC018,
  PYC019,
  PYC020,
  PYC021,
  PYC022,
  PYC023,
  PYC024,
  PYC025,
  PYC026,
  PYC027,
  PYC028,
  PYC029,
  PYC030,
  PYC031,
  PYC032,
  PYC033,
  PYC034,
  PYC035,
  PYC036,
  PYC037,
  PYC038,
  PYC039,
  PYC040,
  PYC041,
  PYC042,
  PYC043,
  PYC044,
  PYC045,
  PYC046,
  PYC047,
  PYC050,
  PYC051,
  PYC052,
  PYC060,
  PYC061,
];
