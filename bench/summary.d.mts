export interface Spread {
  median: number;
  min: number;
  max: number;
}

export type Result =
  { figures: Record<string, number>; missing: number; refused: number } | { failed: string };

export interface Turn {
  round: number;
  contender: { name: string };
  result: Result;
}

export interface Summary {
  contender: { name: string };
  figures: Record<string, Spread>;
  refused: number;
  missing: number;
  failed: number;
}

export function counts(turn: Pick<Turn, 'result'>): boolean;
export function summarize(turns: readonly Turn[]): Summary[];
export function spreadOf(numbers: readonly number[]): Spread;
