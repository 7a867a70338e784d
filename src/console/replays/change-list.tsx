import { Badge } from '../components/badge.js';
import { Dash } from '../components/money.js';
import { Table, type Column } from '../components/table.js';
import { eventPath, orderPath, paymentPath } from '../paths.js';
import {
  describeValue,
  nameField,
  tellingChanges,
  type Change,
  type FieldChange,
} from './change-words.js';

/** For each event what it would change: fields before and after, reviews and messages. */
export function ChangeList({ changes }: { readonly changes: readonly Change[] }) {
  if (changes.length === 0) return null;
  return (
    <ol class="changes">
      {changes.map((change) => (
        <li key={change.eventId}>
          <ChangeOfEvent change={change} />
        </li>
      ))}
    </ol>
  );
}

function ChangeOfEvent({ change }: { readonly change: Change }) {
  const { eventId, provider, type, outcome, error, payment, order, reviews, messages } = change;
  const isNothing = error === null && isUnchanged(payment?.changes) && isUnchanged(order?.changes);
  return (
    <>
      <h3>
        <a href={eventPath(eventId)}>{type}</a> <span class="muted">of {provider}</span>{' '}
        <Badge status={outcome} />
      </h3>
      {error && (
        <p class="quote">
          <code>{error.code}</code> {error.message}
        </p>
      )}
      {outcome === 'asks_provider' && (
        <p>The provider has to be asked what happened, and a preview asks nobody.</p>
      )}
      {isNothing && outcome !== 'asks_provider' && <p class="muted">No field would change.</p>}
      {payment && (
        <Diff
          what={nameThing('payment', payment.id === null, payment.changes)}
          path={payment.id === null ? null : paymentPath(payment.id)}
          name={payment.id}
          currency={payment.currency}
          changes={tellingChanges(payment.changes, isMade(payment.changes))}
        />
      )}
      {order && (
        <Diff
          what={nameThing('order', order.isNew, order.changes)}
          path={order.isNew ? null : orderPath(order.reference)}
          name={order.reference}
          currency={order.currency}
          changes={tellingChanges(order.changes, isMade(order.changes))}
        />
      )}
      {reviews.map(({ reason, status }) => (
        <p key={reason}>
          Review <strong>{reason.replaceAll('_', ' ')}</strong> would be <Badge status={status} />
        </p>
      ))}
      {messages.length > 0 && (
        <p>
          Others would be told:{' '}
          {messages.map((message, index) => (
            <span key={index}>
              {index > 0 && ', '}
              <code>{message}</code>
            </span>
          ))}
        </p>
      )}
    </>
  );
}

/** What is not there yet is made by this event, or by one before it. */
function nameThing(
  thing: 'payment' | 'order',
  isNew: boolean,
  changes: readonly FieldChange[],
): string {
  if (!isNew) return thing === 'payment' ? 'Payment' : 'Order';
  return isMade(changes) ? `A new ${thing}` : `The new ${thing}`;
}

function isMade(changes: readonly FieldChange[]): boolean {
  return changes.some(({ field, before }) => field === 'status' && before === null);
}

function isUnchanged(changes: readonly FieldChange[] | undefined): boolean {
  return changes === undefined || changes.length === 0;
}

function Diff({
  what,
  path,
  name,
  currency,
  changes,
}: {
  readonly what: string;
  /** Null: it is not there yet. */
  readonly path: string | null;
  readonly name: string | null;
  readonly currency: string | null;
  readonly changes: readonly FieldChange[];
}) {
  if (changes.length === 0) return null;
  return (
    <div class="diff">
      <p>
        {what} {path === null ? name : <a href={path}>{name}</a>}
      </p>
      <Table
        caption={`${what} ${name ?? ''}: what would change`}
        columns={columnsOf(currency)}
        rows={changes}
        empty={null}
      />
    </div>
  );
}

function columnsOf(currency: string | null): readonly Column<FieldChange>[] {
  return [
    { title: 'Field', cell: ({ field }) => nameField(field) },
    {
      title: 'Before',
      isLong: true,
      cell: ({ field, before }) =>
        before === null ? <Dash /> : <del>{describeValue(field, before, currency)}</del>,
    },
    {
      title: 'After',
      isLong: true,
      cell: ({ field, after }) => <ins>{describeValue(field, after, currency)}</ins>,
    },
  ];
}
