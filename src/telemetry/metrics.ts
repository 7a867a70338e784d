import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export const LATENCY_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
export const LAG_BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 3600, 86_400];
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** All metrics of one service. Labels come from lists of ours, never from a request. */
export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    /** Asked before the metrics are read out, for what is counted in the database. */
    measure: [] as (() => Promise<void>)[],
    received: new Counter({
      name: 'tollgate_events_received_total',
      help: 'Events recorded for the first time',
      labelNames: ['provider'],
      registers,
    }),
    duplicates: new Counter({
      name: 'tollgate_events_duplicate_total',
      help: 'Deliveries of events that were recorded before',
      labelNames: ['provider'],
      registers,
    }),
    conflicts: new Counter({
      name: 'tollgate_events_conflict_total',
      help: 'Deliveries with a known event id and another content: an alarm',
      registers,
    }),
    uncounted: new Counter({
      name: 'tollgate_redeliveries_uncounted_total',
      help: 'Deliveries of known events that were answered but not counted or compared',
      registers,
    }),
    refused: new Counter({
      name: 'tollgate_deliveries_refused_total',
      help: 'Deliveries that were not recorded, by reason',
      labelNames: ['provider', 'reason'],
      registers,
    }),
    secretMatched: new Counter({
      name: 'tollgate_secret_matched_total',
      help: 'Deliveries by the secret that verified them, 0 = newest: evidence for a rotation',
      labelNames: ['provider', 'account', 'index'],
      registers,
    }),
    outcomes: new Counter({
      name: 'tollgate_events_outcome_total',
      help: 'Attempts at events by what came of them: applied, noop, ignored, retry, dead',
      labelNames: ['provider', 'outcome', 'reason'],
      registers,
    }),
    impossible: new Counter({
      name: 'tollgate_transitions_impossible_total',
      help: 'Moves that the tables call impossible: a defect, an alarm',
      registers,
    }),
    acknowledgeSeconds: new Histogram({
      name: 'tollgate_acknowledge_seconds',
      help: 'From the verified delivery to its commit',
      labelNames: ['provider'],
      buckets: LATENCY_BUCKETS_SECONDS,
      registers,
    }),
    applyLagSeconds: new Histogram({
      name: 'tollgate_apply_lag_seconds',
      help: 'From the receipt of an event to its outcome',
      labelNames: ['provider'],
      buckets: LAG_BUCKETS_SECONDS,
      registers,
    }),
    flushRows: new Histogram({
      name: 'tollgate_flush_rows',
      help: 'Events in one INSERT',
      buckets: BATCH_BUCKETS,
      registers,
    }),
    flushSeconds: new Histogram({
      name: 'tollgate_flush_seconds',
      help: 'One INSERT with its commit',
      buckets: LATENCY_BUCKETS_SECONDS,
      registers,
    }),
    rings: new Counter({
      name: 'tollgate_rings_total',
      help: 'Rings by whether the queue took them',
      labelNames: ['result'],
      registers,
    }),
    rungEvents: new Counter({
      name: 'tollgate_rung_events_total',
      help: 'Events that rings named, by whether the queue took the ring',
      labelNames: ['result'],
      registers,
    }),
    ringEvents: new Histogram({
      name: 'tollgate_ring_events',
      help: 'Events that were taken of a batch of rings',
      buckets: BATCH_BUCKETS,
      registers,
    }),
    ringSeconds: new Histogram({
      name: 'tollgate_ring_seconds',
      help: 'From the beginning of a batch of rings to its commit',
      buckets: LATENCY_BUCKETS_SECONDS,
      registers,
    }),
    commands: new Counter({
      name: 'tollgate_commands_total',
      help: 'Requests under an idempotency key by operation and code of the answer',
      labelNames: ['operation', 'result'],
      registers,
    }),
    commandSeconds: new Histogram({
      name: 'tollgate_command_seconds',
      help: 'Requests under an idempotency key, waiting for others included',
      labelNames: ['operation'],
      buckets: LATENCY_BUCKETS_SECONDS,
      registers,
    }),
    providerSeconds: new Histogram({
      name: 'tollgate_provider_seconds',
      help: "Calls of providers' APIs by what came of them, waiting for their turn included",
      labelNames: ['provider', 'call', 'result'],
      buckets: LATENCY_BUCKETS_SECONDS,
      registers,
    }),
    completed: new Counter({
      name: 'tollgate_commands_completed_total',
      help: 'Abandoned requests that a completer took up, by whether it could finish them',
      labelNames: ['operation', 'result'],
      registers,
    }),
    resolved: new Counter({
      name: 'tollgate_payments_resolved_total',
      help: 'Unsettled payments about which a provider was asked, by what it said',
      labelNames: ['provider', 'result'],
      registers,
    }),
    published: new Counter({
      name: 'tollgate_messages_published_total',
      help: 'Messages by consumer and by whether its queue took them',
      labelNames: ['consumer', 'result'],
      registers,
    }),
    consumed: new Counter({
      name: 'tollgate_messages_outcome_total',
      help: 'Tries of consumers by what came of them: consumed, retry, dead, not_now',
      labelNames: ['consumer', 'result'],
      registers,
    }),
    messagesWaiting: new Gauge({
      name: 'tollgate_outbox_waiting',
      help: 'Messages that no relay has given to their consumers yet',
      registers,
    }),
    messagesPending: new Gauge({
      name: 'tollgate_messages_pending',
      help: 'Messages that a consumer is not done with',
      labelNames: ['consumer'],
      registers,
    }),
    messagesOldestSeconds: new Gauge({
      name: 'tollgate_messages_pending_oldest_seconds',
      help: 'Age of the oldest of them',
      labelNames: ['consumer'],
      registers,
    }),
    messagesDead: new Gauge({
      name: 'tollgate_messages_dead_letters',
      help: 'Messages of a consumer that wait for a person',
      labelNames: ['consumer'],
      registers,
    }),
    backlog: new Gauge({
      name: 'tollgate_inbox_backlog',
      help: 'Events that are received and not finished',
      registers,
    }),
    backlogOldestSeconds: new Gauge({
      name: 'tollgate_inbox_backlog_oldest_seconds',
      help: 'Age of the oldest of them',
      registers,
    }),
    bodiesOldestSeconds: new Gauge({
      name: 'tollgate_payloads_oldest_seconds',
      help: 'Age of the beginning of the oldest week of payloads that is kept',
      registers,
    }),
    bodyWeeksAhead: new Gauge({
      name: 'tollgate_payload_weeks_ahead',
      help: 'Weeks to come that have a partition for their payloads',
      registers,
    }),
    bodiesStray: new Gauge({
      name: 'tollgate_payloads_stray',
      help: 'Payloads that are in no partition of a week, counted up to 10000',
      registers,
    }),
    reviewsOpen: new Gauge({
      name: 'tollgate_reviews_open',
      help: 'Reviews that wait for a decision',
      registers,
    }),
    reviewsOldestSeconds: new Gauge({
      name: 'tollgate_reviews_open_oldest_seconds',
      help: 'Age of the oldest of them',
      registers,
    }),
    deadLetters: new Gauge({
      name: 'tollgate_inbox_dead_letters',
      help: 'Events that wait for a person',
      registers,
    }),
  };
}
