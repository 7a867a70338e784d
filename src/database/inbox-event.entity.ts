import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A failed attempt as the row keeps it. */
export interface AttemptError {
  readonly attempt: number;
  readonly code: string;
  readonly message: string;
  /** ISO 8601. */
  readonly at: string;
}

/** A row of `inbox`; see its migration for what each column is for. */
@Entity('inbox')
export class InboxEventEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  provider!: string;

  @Column('text')
  account!: string;

  @Column('text', { name: 'event_id' })
  eventId!: string;

  @Column('text', { name: 'event_type' })
  eventType!: string;

  @Column('text')
  source!: string;

  @Column('text')
  status!: string;

  @Column('text', { name: 'outcome_reason', nullable: true })
  outcomeReason!: string | null;

  @Column('timestamptz', { name: 'occurred_at', nullable: true })
  occurredAt!: Date | null;

  @Column('boolean', { nullable: true })
  livemode!: boolean | null;

  @Column('smallint', { name: 'secret_index' })
  secretIndex!: number;

  /** Length of the body, which is a row of `inbox_bodies` as long as it is kept. */
  @Column('integer', { name: 'body_bytes' })
  bodyBytes!: number;

  @Column('smallint')
  attempts!: number;

  @Column('jsonb', { name: 'attempt_errors' })
  attemptErrors!: AttemptError[];

  @Column('timestamptz', { name: 'due_at' })
  dueAt!: Date;

  @Column('integer')
  deliveries!: number;

  @Column('integer')
  conflicts!: number;

  @Column('integer')
  replays!: number;

  @Column('uuid', { name: 'payment_id', nullable: true })
  paymentId!: string | null;

  @Column('timestamptz', { name: 'received_at' })
  receivedAt!: Date;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;
}

/** A row of `inbox_conflicts`: another content under a known event id. */
@Entity('inbox_conflicts')
export class InboxConflictEntity {
  @PrimaryColumn('uuid', { name: 'inbox_id' })
  inboxId!: string;

  @PrimaryColumn('bytea')
  fingerprint!: Buffer;

  @Column('timestamptz', { name: 'first_seen_at' })
  firstSeenAt!: Date;

  @Column('integer')
  deliveries!: number;
}
