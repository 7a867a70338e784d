import { formatMinor } from '../format-money.js';

/** An amount in minor units, written as people write it; a dash when there is none. */
export function Money({
  amountMinor,
  currency,
}: {
  readonly amountMinor: number | bigint | null;
  /** ISO 4217; null: nobody has said it yet, so the minor units are shown. */
  readonly currency: string | null;
}) {
  if (amountMinor === null) return <Dash />;
  return <span class="number">{formatMinor(amountMinor, currency)}</span>;
}

/** Nothing is there, said to eyes and ears. */
export function Dash() {
  return (
    <span class="muted">
      <span aria-hidden="true">–</span>
      <span class="hidden">none</span>
    </span>
  );
}
