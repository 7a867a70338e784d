import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { completeOnce } from '../../src/idempotency/completer.js';
import { eventually } from '../support/eventually.js';
import {
  createIdempotencyHarness,
  DONE_ONCE,
  type IdempotencyHarness,
} from '../support/idempotency-harness.js';
import { Gate, toyProcess } from '../support/idempotency-process.js';
import {
  bytesOf,
  lapseIdleLeases,
  send,
  toyCompleter,
  toyOperation,
  toyRequest,
} from '../support/idempotency-toy.js';

const PROCESSES = 3;
const KEYS = 2;
const STEPS_MAX = 9;

type Move =
  | { readonly kind: 'send'; readonly by: number; readonly key: number }
  | { readonly kind: 'complete'; readonly by: number }
  | { readonly kind: 'step'; readonly by: number; readonly steps: number }
  | { readonly kind: 'kill'; readonly by: number }
  | { readonly kind: 'break'; readonly by: number; readonly when: 'before' | 'after' }
  | { readonly kind: 'lapse' }
  | { readonly kind: 'fail'; readonly code: 'provider_unavailable' | 'provider_outcome_unknown' };

const by = fc.nat(PROCESSES - 1);
const kind = <K extends Move['kind']>(name: K) => fc.constant(name);
const when = fc.constantFrom('before' as const, 'after' as const);
const code = fc.constantFrom('provider_unavailable' as const, 'provider_outcome_unknown' as const);
const steps = fc.integer({ min: 1, max: STEPS_MAX });

/** What may happen next, to the clients, to the processes and outside. */
const moves = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ kind: kind('step'), by, steps }) },
    { weight: 4, arbitrary: fc.record({ kind: kind('send'), by, key: fc.nat(KEYS - 1) }) },
    { weight: 2, arbitrary: fc.record({ kind: kind('complete'), by }) },
    { weight: 3, arbitrary: fc.record({ kind: kind('lapse') }) },
    { weight: 2, arbitrary: fc.record({ kind: kind('kill'), by }) },
    { weight: 2, arbitrary: fc.record({ kind: kind('break'), by, when }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('fail'), code }) },
  ) satisfies fc.Arbitrary<Move>,
  { minLength: 10, maxLength: 60 },
);

describe('clients, completers and processes that die, in any order', () => {
  let harness: IdempotencyHarness;
  let plays = 0;

  beforeAll(async () => {
    harness = await createIdempotencyHarness();
  });

  afterAll(async () => {
    await harness.close();
  });

  it('have one effect for each key, and every answer to it is the same', async () => {
    await fc.assert(
      fc.asyncProperty(moves, async (script) => {
        plays += 1;
        const play = new Play(harness, `play-${plays}`);
        for (const move of script) await play.make(move);
        await play.end();
        for (const [key, answers] of play.answers) {
          // The last one was asked when nothing went wrong any more: none is lost.
          expect({ key, answers: new Set(answers).size }).toEqual({ key, answers: 1 });
          expect(await harness.trace(key)).toEqual(DONE_ONCE);
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** One process, which does what it does step by step. */
class Slot {
  gate = new Gate();
  isRunning = false;

  start(work: Promise<unknown>): void {
    this.isRunning = true;
    const end = () => {
      this.isRunning = false;
    };
    work.then(end, end);
  }

  async step(): Promise<void> {
    await this.gate.step();
    await this.settle();
  }

  /** Another process takes its place. */
  async kill(): Promise<void> {
    this.gate.kill();
    await this.settle();
    this.gate = new Gate();
  }

  /** Until the process has come to its next act, or to its end. */
  async settle(): Promise<void> {
    while (this.isRunning && !this.gate.hasNext) await nextTurn();
  }
}

class Play {
  /** What clients got under each key. */
  readonly answers = new Map<string, string[]>();
  private readonly slots = Array.from({ length: PROCESSES }, () => new Slot());

  constructor(
    private readonly harness: IdempotencyHarness,
    private readonly name: string,
  ) {}

  async make(move: Move): Promise<void> {
    if (move.kind === 'lapse') await lapseIdleLeases(this.harness.database);
    else if (move.kind === 'fail') this.harness.world.fail(move.code);
    else await this.makeBy(this.slots[move.by] ?? new Slot(), move);
  }

  private async makeBy(slot: Slot, move: Extract<Move, { by: number }>): Promise<void> {
    switch (move.kind) {
      case 'send':
        if (!slot.isRunning) slot.start(this.send(slot, `${this.name}-key-${move.key}`));
        return slot.settle();
      case 'complete':
        if (!slot.isRunning) slot.start(this.complete(slot));
        return slot.settle();
      case 'step':
        for (let step = 0; step < move.steps; step += 1) await slot.step();
        return;
      case 'kill':
        return slot.kill();
      case 'break':
        slot.gate.breakNext(move.when);
    }
  }

  /** Whatever runs comes to its end, and then every client asks once more. */
  async end(): Promise<void> {
    for (const slot of this.slots) while (slot.isRunning) await slot.step();
    this.harness.world.heal();
    for (const key of this.answers.keys()) {
      await eventually(async () => {
        await lapseIdleLeases(this.harness.database);
        this.record(key, bytesOf(await this.harness.send(toyRequest(key), { waitMs: 0 })));
      });
    }
  }

  private async send(slot: Slot, key: string): Promise<void> {
    this.answers.set(key, this.answers.get(key) ?? []);
    const process = toyProcess(this.harness.impatientPool, slot.gate.act);
    // Who waits would need a clock: here it is sent away, and comes again or not.
    const execution = await send(process, this.harness.world, toyRequest(key), { waitMs: 0 });
    this.record(key, bytesOf(execution));
  }

  private async complete(slot: Slot): Promise<void> {
    const process = toyProcess(this.harness.impatientPool, slot.gate.act);
    const operation = toyOperation(this.harness.world, process);
    await completeOnce(toyCompleter(process, [operation]));
  }

  private record(key: string, answer: string): void {
    this.answers.get(key)?.push(answer);
  }
}
