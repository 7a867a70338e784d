import { isInjected, type Fault } from './fault.js';
import { proveHostile } from './hostile.js';
import type { ProofReport } from './report.js';
import { runFault, type FaultResult } from './run-fault.js';
import { PROOF_SECRETS } from './sign.js';
import { CRM_SECRET, PROOF_TOKENS, World } from './world.js';

export interface ProofOptions {
  readonly faults: readonly Fault[];
  readonly seed: number;
  readonly minutes: number;
  readonly ratePerSecond: number;
  readonly queues: 'redis' | 'postgres';
  /** Mutated requests to be sent in the end; 0 for none. */
  readonly hostileCases?: number;
  /** Folder of the build under test; ours by default. */
  readonly build?: string;
}

/** Minutes that the whole matrix takes on two cores when each fault is injected as often as usual. */
const MINUTES_USUAL = 8;

/** Injects these faults one after the other into one world. */
export async function runProof(
  { faults, seed, minutes, ratePerSecond, queues, hostileCases = 0, build }: ProofOptions,
  onResult: (result: FaultResult) => void = () => undefined,
): Promise<ProofReport> {
  const results: FaultResult[] = [];
  const notRun: { fault: Fault; reason: string }[] = [];
  const intensity = minutes / MINUTES_USUAL;
  const built = build === undefined ? {} : { build };
  const begin = () => World.start({ queues, ...built });
  const problems: string[] = [];
  let world = await begin();
  // Ctrl-C must not leave seven processes behind, also when it is heard twice, as below npm.
  let stopped: Promise<void> | undefined;
  const stop = (): void => void (stopped ??= world.stop().finally(() => process.exit(130)));
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    for (const fault of faults) {
      const reason = obstacleTo(fault, queues);
      if (reason !== null || !isInjected(fault)) {
        notRun.push({ fault, reason: reason ?? '' });
        continue;
      }
      const result = await runFault(world, fault, { seed, ratePerSecond, intensity });
      results.push(result);
      onResult(result);
      if (result.isWhole) continue;
      // What could not be healed would only break what comes next.
      problems.push(...findLeaks(world));
      await world.stop();
      world = await begin();
    }
    problems.push(...findLeaks(world));
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await world.stop();
  }
  const hostile =
    hostileCases === 0 ? null : await proveHostile({ cases: hostileCases, seed, ...built });
  return { seed, minutes, queues, results, notRun, hostile, problems };
}

function obstacleTo(fault: Fault, queues: 'redis' | 'postgres'): string | null {
  if (!isInjected(fault)) return fault.notRun;
  if (fault.queues !== undefined && fault.queues !== queues) {
    return `it is about queues in ${fault.queues}: --queues ${fault.queues}`;
  }
  return fault.obstacle?.() ?? null;
}

/** I9: no secret in any log, whatever happened. */
function findLeaks(world: World): string[] {
  const secrets = [...Object.values(PROOF_SECRETS), ...Object.values(PROOF_TOKENS), CRM_SECRET];
  return world.members.flatMap((member) =>
    secrets
      .filter((secret) => member.logs().includes(secret))
      .map((secret) => `I9 ${member.name} logged a secret: ${secret.slice(0, 8)}…`),
  );
}
