/** What the HTTP interface answers, as far as the command line reads it. Times are ISO 8601. */

export interface PageView<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
}

export interface FailureView {
  readonly code: string;
  readonly message: string;
}

export interface AttemptView extends FailureView {
  readonly attempt: number;
  readonly at: string;
}

export interface EventView {
  readonly id: string;
  readonly provider: string;
  readonly account: string;
  readonly eventId: string;
  readonly type: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly attempts: number;
  readonly attemptsMax: number;
  readonly dueAt: string | null;
  readonly lastError: FailureView | null;
  readonly deliveries: number;
  readonly paymentId: string | null;
  readonly receivedAt: string;
  readonly appliedAt: string | null;
}

/** One event with everything that is known about it. */
export interface EventDetailView extends EventView {
  /** False: it was removed when its time was over. Older services do not say. */
  readonly isPayloadKept?: boolean;
  readonly errors: readonly AttemptView[];
  readonly effects: {
    readonly facts: readonly { readonly kind: string; readonly key: string }[];
    readonly transitions: readonly {
      readonly subject: string;
      readonly from: string | null;
      readonly to: string;
    }[];
    readonly reviews: readonly { readonly reason: string; readonly status: string }[];
  };
  readonly conflictingContents: readonly object[];
  readonly replays?: readonly {
    readonly by: string;
    readonly reason: string | null;
    readonly at: string;
    readonly statusBefore: string;
  }[];
}

export interface PaymentView {
  readonly id: string;
  readonly provider: string;
  readonly account: string;
  readonly providerPaymentId: string | null;
  readonly orderReference: string | null;
  readonly status: string;
  readonly unknownOutcome: boolean;
  readonly currency: string | null;
  readonly amountMinor: number | null;
  readonly amountCapturedMinor: number;
  readonly amountRefundedMinor: number;
  readonly livemode: boolean | null;
  readonly createdAt: string;
}

export interface OrderView {
  readonly reference: string;
  readonly status: string;
  readonly currency: string | null;
  readonly amountDueMinor: number | null;
  readonly amountPaidMinor: number;
  readonly amountRefundedMinor: number;
  readonly payments: readonly PaymentView[];
  readonly reviews: readonly { readonly reason: string; readonly status: string }[];
}

export interface TimelineEntryView {
  readonly at: string;
  readonly kind: string;
  readonly title: string;
  readonly outcome: string | null;
  readonly why: string | null;
  readonly by: { readonly kind: string; readonly name: string } | null;
  readonly links: Readonly<Record<string, string | null | undefined>>;
}

/** A change that a replay would make, or has made. */
export interface ChangeView {
  readonly eventId: string;
  readonly provider: string;
  readonly type: string;
  readonly outcome: string;
  readonly error: FailureView | null;
  readonly payment: { readonly id: string | null; readonly changes: readonly FieldChange[] } | null;
  readonly order: { readonly reference: string; readonly changes: readonly FieldChange[] } | null;
  readonly reviews: readonly { readonly reason: string; readonly status: string }[];
  readonly messages: readonly string[];
}

export interface FieldChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface DryRunView {
  readonly dryRun: true;
  readonly matched: number;
  readonly examined: number;
  readonly changes: readonly ChangeView[];
}

export interface ReplayView {
  readonly id: string;
  readonly target: 'events' | 'messages';
  readonly action: 'replay' | 'discard';
  readonly status: 'running' | 'paused' | 'cancelled' | 'done';
  readonly filter: Readonly<Record<string, unknown>> | null;
  readonly reason: string | null;
  readonly requestedBy: string;
  readonly perSecond: number | null;
  readonly total: number;
  readonly done: number;
  readonly skipped: number;
  readonly pending: number;
  /** Where its events stand now, by status; null where nobody has counted: in a list. */
  readonly results: Readonly<Record<string, number>> | null;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

export interface DeadLetterGroupView {
  readonly provider?: string;
  readonly consumer?: string;
  readonly type: string;
  readonly code: string;
  readonly count: number;
  readonly oldestAt: string;
  readonly newestAt: string;
  /** What the newest of them says. */
  readonly message: string;
}

export interface DeadLettersView {
  readonly events: readonly DeadLetterGroupView[];
  readonly messages: readonly DeadLetterGroupView[];
}

/** A message on its way to one consumer. */
export interface MessageView {
  readonly consumer: string;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly status: string;
  readonly attempts: number;
  readonly lastError: FailureView | null;
  readonly createdAt: string;
}

export interface ReviewView {
  readonly id: string;
  readonly reason: string;
  readonly status: string;
  readonly paymentId: string | null;
  readonly orderReference: string | null;
  /** At stake, in minor units. */
  readonly amountMinor: number | null;
  readonly currency: string | null;
  readonly needsSecondPerson: boolean;
  readonly claimedBy: string | null;
  readonly proposal: {
    readonly resolution: string;
    readonly by: string;
    readonly reason: string;
  } | null;
  readonly resolution: string | null;
  readonly resolvedBy: string | null;
  readonly openedAt: string;
  readonly closedAt: string | null;
}

export interface AuditView {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  readonly role: string;
  readonly action: string;
  readonly subject: string | null;
  readonly reason: string | null;
  readonly result: string;
}
