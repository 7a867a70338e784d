import type { ComponentChildren } from 'preact';
import { randomUUID } from 'node:crypto';
import { ReasonField } from '../components/action-form.js';
import { CsrfInput } from '../components/csrf-input.js';
import { Panel } from '../components/panel.js';
import { formatMinor } from '../format-money.js';
import { usePage } from '../page-context.js';
import { reviewPath } from '../paths.js';
import {
  RESOLUTIONS,
  type PaymentOfReview,
  type Resolution,
  type ReviewDetails,
} from './review-words.js';

/** The three things that can be decided, each with what it does and why it is done. */
export function Decide({
  review,
  payments,
}: {
  readonly review: ReviewDetails;
  readonly payments: readonly PaymentOfReview[];
}) {
  const me = usePage().caller?.name;
  const { claimedBy, proposal, isRefunding } = review;
  if (claimedBy !== null && claimedBy !== me) {
    return (
      <Panel title="Decide">
        <p>{claimedBy} looks at it. Take it over to decide it yourself.</p>
      </Panel>
    );
  }
  const wanted: readonly Resolution[] = isRefunding ? ['refund'] : ['accept', 'refund', 'dismiss'];
  return (
    <Panel title="Decide">
      {proposal !== null && proposal.by === me && (
        <p>You proposed {proposal.resolution}. It takes effect when somebody else confirms it.</p>
      )}
      {wanted.map((resolution) => {
        const isProposed = proposal?.resolution === resolution;
        if (isProposed && proposal.by === me) return null;
        return (
          <Decision
            key={resolution}
            review={review}
            resolution={resolution}
            isConfirmation={isProposed}
          >
            {resolution === 'refund' && !isProposed && !isRefunding && (
              <RefundFields review={review} payments={payments} />
            )}
          </Decision>
        );
      })}
    </Panel>
  );
}

function Decision({
  review: { id, needsSecondPerson },
  resolution,
  isConfirmation,
  children,
}: {
  readonly review: ReviewDetails;
  readonly resolution: Resolution;
  /** Somebody else proposed it: this makes it so. */
  readonly isConfirmation: boolean;
  readonly children: ComponentChildren;
}) {
  const { verb, effect } = RESOLUTIONS[resolution];
  const isProposal = needsSecondPerson && !isConfirmation;
  const label = isConfirmation ? `Confirm: ${verb.toLowerCase()}` : verb;
  return (
    <details class="decision" open={isConfirmation}>
      <summary>
        <strong>{label}</strong> <span class="muted">{effect}</span>
      </summary>
      <form class="action" method="post" action={`${reviewPath(id)}/resolve`}>
        <CsrfInput />
        <input type="hidden" name="key" value={randomUUID()} />
        <input type="hidden" name="resolution" value={resolution} />
        {children}
        <ReasonField />
        <button type="submit" class={resolution === 'refund' ? 'danger' : 'primary'}>
          {isProposal ? `Propose to ${verb.toLowerCase()}` : label}
        </button>
      </form>
    </details>
  );
}

/** Which payment, and how much of it: left alone, it is what is at stake. */
function RefundFields({
  review: { amountMinor, currency, id },
  payments,
}: {
  readonly review: ReviewDetails;
  readonly payments: readonly PaymentOfReview[];
}) {
  return (
    <>
      <label class="field">
        Payment
        <select name="paymentId">
          <option value="">What is at stake: {formatMinor(amountMinor, currency)}</option>
          {payments.map((payment) => (
            <option key={payment.id} value={payment.id}>
              {payment.providerPaymentId ?? payment.id}: {describeKept(payment)}
            </option>
          ))}
        </select>
      </label>
      <label class="field narrow" for={`amount-${id}`}>
        Amount of that payment (optional)
        <input
          id={`amount-${id}`}
          name="amount"
          type="text"
          inputMode="decimal"
          autocomplete="off"
          placeholder="all of it"
        />
      </label>
    </>
  );
}

function describeKept(payment: PaymentOfReview): string {
  const keptMinor = payment.amountCapturedMinor - payment.amountRefundedMinor;
  return `${formatMinor(keptMinor, payment.currency)} left`;
}
