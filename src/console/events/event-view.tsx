import type { showEvent } from '../../ops/events/show-event.js';
import { ActionForm, ReasonField } from '../components/action-form.js';
import { Badge } from '../components/badge.js';
import { EmptyState } from '../components/empty-state.js';
import { Json } from '../components/json.js';
import { KeyValues } from '../components/key-values.js';
import { FollowsLive, Live } from '../components/live.js';
import { Dash } from '../components/money.js';
import { Panel } from '../components/panel.js';
import { Table, type Column } from '../components/table.js';
import { Time } from '../components/time.js';
import { useMayAct, usePage } from '../page-context.js';
import { eventPath, paymentPath, replayPath } from '../paths.js';
import { previewPath } from '../replays/replay-wish.js';
import { EventEffects } from './event-effects.js';
import { adviseOn, describeOutcome } from './event-words.js';

export type EventDetails = Awaited<ReturnType<typeof showEvent>>;

/** How it stands, and what a person can do about it: beside the heading. */
export function EventActions({
  event,
  hasChanged,
}: {
  readonly event: EventDetails;
  readonly hasChanged: boolean;
}) {
  const mayAct = useMayAct();
  const path = eventPath(event.id);
  const isDead = event.status === 'dead';
  return (
    <FollowsLive id="event-actions" hasChanged={hasChanged}>
      <Badge status={event.outcome ?? event.status} />
      {mayAct && event.status !== 'received' && event.isPayloadKept && (
        <>
          <a class="button" href={previewOf(event.id)}>
            What would a replay change?
          </a>
          <ActionForm
            action={`${path}/replay`}
            label="Replay"
            confirm={
              isDead
                ? 'The event goes through the same steps again, as if it had just come in.'
                : 'It has an outcome already: what is known already changes nothing.'
            }
          >
            <ReasonField isRequired={false} />
          </ActionForm>
        </>
      )}
      {mayAct && isDead && (
        <ActionForm
          action={`${path}/discard`}
          label="Discard"
          isDangerous
          confirm="Nobody will look at it any more, and what it says never counts. It stays here, and can be replayed."
        >
          <ReasonField />
        </ActionForm>
      )}
    </FollowsLive>
  );
}

function previewOf(id: string): string {
  return previewPath({ target: 'events', action: 'replay', choice: { by: 'ids', ids: [id] } });
}

const POLL_SECONDS = 2;
/** What is due later is not waited for at the page. */
const SOON_MS = 30_000;

export function EventBody({ event }: { readonly event: EventDetails }) {
  const { now } = usePage();
  const isSoon = event.dueAt !== null && Math.abs(event.dueAt.getTime() - now.getTime()) < SOON_MS;
  return (
    <>
      <Live
        id="event"
        path={eventPath(event.id)}
        was={event.status}
        everySeconds={event.status === 'received' && isSoon ? POLL_SECONDS : null}
      >
        <Panel title="Outcome">
          <Outcome event={event} />
        </Panel>
        <Attempts event={event} />
        <EventEffects effects={event.effects} paymentId={event.paymentId} />
        <Replays event={event} />
      </Live>
      <Facts event={event} />
      <Payload event={event} />
    </>
  );
}

function Outcome({ event }: { readonly event: EventDetails }) {
  const { status, lastError, dueAt, paymentId, appliedAt } = event;
  const advice = status === 'dead' && lastError ? adviseOn(lastError.code) : null;
  return (
    <>
      <p>{describeOutcome(event)}</p>
      {lastError && (status === 'dead' || status === 'received') && (
        <p class="quote">
          <code>{lastError.code}</code> {lastError.message}
        </p>
      )}
      {advice !== null && <p>{advice}</p>}
      <KeyValues
        entries={[
          ['Outcome', <Badge status={event.outcome ?? status} />],
          ['Ended', <Time at={appliedAt} />],
          ...(dueAt === null ? [] : [['Next attempt', <Time at={dueAt} />] as const]),
          [
            'Payment',
            paymentId === null ? <Dash /> : <a href={paymentPath(paymentId)}>{paymentId}</a>,
          ],
        ]}
      />
    </>
  );
}

type AttemptError = NonNullable<EventDetails['errors'][number]>;

function Attempts({ event: { errors, attempts, attemptsMax } }: { readonly event: EventDetails }) {
  const rows = errors.filter((one) => one !== null);
  if (rows.length === 0) return null;
  return (
    <Panel
      title="Failed attempts"
      aside={
        <span class="muted">
          {attempts} of {attemptsMax} used
        </span>
      }
    >
      <Table caption="Failed attempts, oldest first" columns={ATTEMPTS} rows={rows} empty={null} />
    </Panel>
  );
}

const ATTEMPTS: readonly Column<AttemptError>[] = [
  { title: 'Attempt', isNumber: true, cell: ({ attempt }) => attempt },
  { title: 'Code', cell: ({ code }) => <code>{code}</code> },
  { title: 'Message', isLong: true, cell: ({ message }) => message },
  { title: 'At', cell: ({ at }) => <Time at={at} /> },
];

function Replays({ event: { replays } }: { readonly event: EventDetails }) {
  if (replays.length === 0) return null;
  return (
    <Panel title="What people did">
      <Table
        caption="Replays and discards, oldest first"
        columns={REPLAYS}
        rows={replays}
        empty={null}
      />
    </Panel>
  );
}

const REPLAYS: readonly Column<EventDetails['replays'][number]>[] = [
  {
    title: 'What',
    cell: ({ replayId, action }) => (
      <a href={replayPath(replayId)}>{action === 'replay' ? 'replayed' : 'discarded'}</a>
    ),
  },
  { title: 'By', cell: ({ by }) => by },
  { title: 'Why', isLong: true, cell: ({ reason }) => reason ?? <Dash /> },
  {
    title: 'It was',
    cell: ({ statusBefore, outcomeBefore }) => (
      <>
        {statusBefore === null ? <Dash /> : <Badge status={statusBefore} />}
        {outcomeBefore !== null && <span class="sub mono">{outcomeBefore}</span>}
      </>
    ),
  },
  { title: 'At', cell: ({ at }) => <Time at={at} /> },
];

function Facts({ event }: { readonly event: EventDetails }) {
  const { conflictingContents: conflicts } = event;
  return (
    <Panel title="Delivery">
      {conflicts.length > 0 && (
        <p class="quote">
          {conflicts.length === 1 ? 'Another content' : `${conflicts.length} other contents`} came
          under this id, {conflicts.reduce((sum, one) => sum + one.deliveries, 0)} times in all. The
          first content counts. Ask the provider which is right.
        </p>
      )}
      <KeyValues
        entries={[
          ['Event id at the provider', <span class="mono">{event.eventId}</span>],
          ['Provider', event.provider],
          ['Account', event.account],
          ['Mode', event.livemode === null ? 'unknown' : event.livemode ? 'live' : 'test'],
          ['Came by', event.source.replaceAll('_', ' ')],
          ['Deliveries', event.deliveries],
          ['Happened', <Time at={event.occurredAt} />],
          ['Received', <Time at={event.receivedAt} />],
          ['Id here', <span class="mono">{event.id}</span>],
        ]}
      />
    </Panel>
  );
}

function Payload({
  event: { id, payload, bytes, isPayloadKept },
}: {
  readonly event: EventDetails;
}) {
  const mayAct = useMayAct();
  if (!isPayloadKept) {
    return (
      <Panel title="Payload">
        <EmptyState title="The payload is not kept any more">
          Its {bytes} bytes were removed when their time was over. What the event has told stays,
          and the same event coming again is still known as a duplicate. It cannot be replayed.
        </EmptyState>
      </Panel>
    );
  }
  return (
    <Panel
      title="Payload"
      aside={
        mayAct && (
          <a class="button" href={`${eventPath(id)}/raw`} download>
            Download {bytes} raw bytes
          </a>
        )
      }
    >
      {payload === null ? (
        <EmptyState title="The body is not shown">
          It is no JSON, or nests too deeply. An operator can download its bytes.
        </EmptyState>
      ) : (
        <>
          <p class="muted">
            Personal data is masked here. Only the download has it; who downloads is written down.
          </p>
          <Json value={payload} label="Payload, masked" />
        </>
      )}
    </Panel>
  );
}
