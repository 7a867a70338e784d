import type { Spread, Turn } from './summary.mjs';

export interface Goal {
  text: string;
  of: [contender: string, figure: string];
  to?: [contender: string, figure: string];
  atLeast?: number;
  atMost?: number;
  unit?: string;
}

export function judgeGoals(
  goals: readonly Goal[],
  turns: readonly Turn[],
): { goal: Goal; spread: Spread; isMet: boolean | null }[];
