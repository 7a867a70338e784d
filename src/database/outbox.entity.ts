import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';

/** A row of `outbox`: a message. */
@Entity('outbox')
export class OutboxMessageEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  type!: string;

  @Column('text')
  aggregate!: string;

  @Column('uuid', { name: 'aggregate_id' })
  aggregateId!: string;

  @Column('integer')
  version!: number;

  @Column('text')
  subject!: string;

  @Column('jsonb')
  data!: Record<string, unknown>;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}

/** A failed try of a consumer. */
export interface ConsumerError {
  readonly attempt: number;
  readonly code: string;
  readonly message: string;
  readonly at: string;
}

/** A row of `dispatches`: a message on its way to one consumer. */
@Entity('dispatches')
export class DispatchEntity {
  @PrimaryColumn('text')
  consumer!: string;

  @PrimaryColumn('uuid', { name: 'message_id' })
  messageId!: string;

  @ManyToOne(() => OutboxMessageEntity)
  @JoinColumn({ name: 'message_id' })
  message!: Relation<OutboxMessageEntity>;

  @Column('text')
  status!: string;

  @Column('timestamptz', { name: 'due_at' })
  dueAt!: Date;

  @Column('integer')
  sends!: number;

  @Column('timestamptz', { name: 'published_at', nullable: true })
  publishedAt!: Date | null;

  @Column('smallint')
  attempts!: number;

  @Column('jsonb', { name: 'attempt_errors' })
  errors!: ConsumerError[];

  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('integer')
  tries!: number;

  @Column('integer')
  replays!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'settled_at', nullable: true })
  settledAt!: Date | null;
}
