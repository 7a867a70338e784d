import type { DisputeState } from './payment-fact.js';
import type { Verdict } from './verdict.js';

/**
 * What each pair means for a dispute. The newest fact decides, and providers do reverse decisions
 * (a dispute that was won is lost in arbitration, a closed one is opened again), so every state may
 * follow every other. Old news told late is older, so it never becomes the newest fact.
 */
export const DISPUTE_TRANSITIONS: Record<DisputeState, Record<DisputeState, Verdict>> = {
  inquiry: { inquiry: 'same', open: 'move', closed: 'move', won: 'move', lost: 'move' },
  open: { inquiry: 'move', open: 'same', closed: 'move', won: 'move', lost: 'move' },
  closed: { inquiry: 'move', open: 'move', closed: 'same', won: 'move', lost: 'move' },
  won: { inquiry: 'move', open: 'move', closed: 'move', won: 'same', lost: 'move' },
  lost: { inquiry: 'move', open: 'move', closed: 'move', won: 'move', lost: 'same' },
};
