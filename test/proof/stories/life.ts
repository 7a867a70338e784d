/** An event as it is delivered, not signed yet. */
export interface ProofEvent {
  readonly provider: 'stripe' | 'paystack';
  /** As the inbox will know it: Stripe's `evt_…`, for Paystack `sha256:` and the hash of the body. */
  readonly eventId: string;
  readonly body: Buffer;
}

/** An order as our own command creates it. */
export interface ProofOrder {
  readonly reference: string;
  readonly amountMinor: number;
  readonly currency: string;
}

/** All that happens to one order, from its creation to the last news of its payments. */
export interface Life {
  /** Stands in every id of it. */
  readonly tag: string;
  readonly kind: string;
  /** Null: nobody creates it, the events alone tell of it. */
  readonly order: ProofOrder | null;
  /** In the order in which they happened. */
  readonly events: readonly ProofEvent[];
}

/** What all lives have that are told by one provider. */
export interface Setting {
  readonly tag: string;
  readonly currency: string;
  readonly amountMinor: number;
  readonly livemode: boolean;
  /** Seconds since 1970. */
  readonly startedAt: number;
}

/** The name under which the order of a life is known to everybody. */
export function referenceOf({ tag }: Pick<Setting, 'tag'>): string {
  return `order-${tag}`;
}

/** The order of a life; it owes what its payment asks for, unless that is what the life is about. */
export function orderOf(setting: Setting, given: Partial<ProofOrder> = {}): ProofOrder {
  const { amountMinor, currency } = setting;
  return { reference: referenceOf(setting), amountMinor, currency, ...given };
}
