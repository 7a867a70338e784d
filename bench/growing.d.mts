export function isGrowing(samples: readonly number[], perSecond: number): boolean;
