import { Column, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryColumn } from 'typeorm';
import { minorUnits } from './minor-units.js';

const amount = (name: string, nullable = false) =>
  ({ type: 'bigint', name, nullable, transformer: minorUnits }) as const;

/** A row of `orders`. */
@Entity('orders')
export class OrderEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  reference!: string;

  @Column('text')
  status!: string;

  @Column('text', { nullable: true })
  currency!: string | null;

  @Column(amount('amount_due_minor', true))
  amountDueMinor!: number | null;

  @Column(amount('amount_paid_minor'))
  amountPaidMinor!: number;

  @Column(amount('amount_refunded_minor'))
  amountRefundedMinor!: number;

  @Column('timestamptz', { name: 'cancel_requested_at', nullable: true })
  cancelRequestedAt!: Date | null;

  @Column('timestamptz', { name: 'cancelled_at', nullable: true })
  cancelledAt!: Date | null;

  @Column('jsonb')
  metadata!: Readonly<Record<string, unknown>>;

  @Column('integer')
  version!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @OneToMany('PaymentEntity', 'order')
  payments!: PaymentEntity[];
}

/** A row of `payments`. */
@Entity('payments')
export class PaymentEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  provider!: string;

  @Column('text')
  account!: string;

  @Column('text', { name: 'provider_payment_id' })
  providerPaymentId!: string;

  @Column('text')
  status!: string;

  @Column('text', { nullable: true })
  currency!: string | null;

  @Column(amount('amount_minor', true))
  amountMinor!: number | null;

  @Column(amount('amount_authorized_minor'))
  amountAuthorizedMinor!: number;

  @Column(amount('amount_captured_minor'))
  amountCapturedMinor!: number;

  @Column(amount('amount_refunded_minor'))
  amountRefundedMinor!: number;

  @Column('boolean')
  livemode!: boolean;

  @Column('boolean', { name: 'is_provisional' })
  isProvisional!: boolean;

  @Column('boolean', { name: 'unknown_outcome' })
  unknownOutcome!: boolean;

  @Column('integer')
  version!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @ManyToOne('OrderEntity', 'payments', { nullable: true })
  @JoinColumn({ name: 'order_id' })
  order!: OrderEntity | null;
}

/** A row of `payment_facts`. */
@Entity('payment_facts')
export class PaymentFactEntity {
  @PrimaryColumn('uuid', { name: 'payment_id' })
  paymentId!: string;

  @PrimaryColumn('text')
  kind!: string;

  @PrimaryColumn('text', { name: 'fact_key' })
  key!: string;

  @Column(amount('amount_minor', true))
  amountMinor!: number | null;

  @Column('text', { nullable: true })
  currency!: string | null;

  @Column('timestamptz', { name: 'occurred_at', nullable: true })
  occurredAt!: Date | null;

  @Column('text', { nullable: true })
  state!: string | null;

  @Column('text', { nullable: true })
  reference!: string | null;

  @Column('boolean', { nullable: true })
  livemode!: boolean | null;

  @Column('uuid', { name: 'inbox_id', nullable: true })
  inboxId!: string | null;

  @Column('timestamptz', { name: 'recorded_at' })
  recordedAt!: Date;
}

/** A row of `disputes`. */
@Entity('disputes')
export class DisputeEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'payment_id' })
  paymentId!: string;

  @Column('text', { name: 'dispute_key' })
  key!: string;

  @Column('text')
  status!: string;

  @Column(amount('amount_minor', true))
  amountMinor!: number | null;

  @Column('text', { nullable: true })
  currency!: string | null;
}

/** A row of `reviews`. */
@Entity('reviews')
export class ReviewEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'payment_id', nullable: true })
  paymentId!: string | null;

  @Column('uuid', { name: 'order_id', nullable: true })
  orderId!: string | null;

  @Column('text')
  reason!: string;

  @Column('text')
  status!: string;

  @Column('text', { nullable: true })
  resolution!: string | null;

  @Column('text', { name: 'resolved_by', nullable: true })
  resolvedBy!: string | null;

  @Column(amount('amount_minor'))
  amountMinor!: number;

  @Column('uuid', { name: 'inbox_id', nullable: true })
  inboxId!: string | null;

  @Column('timestamptz', { name: 'opened_at' })
  openedAt!: Date;

  @Column('timestamptz', { name: 'closed_at', nullable: true })
  closedAt!: Date | null;
}

/** A row of `transitions`. */
@Entity('transitions')
export class TransitionEntity {
  @PrimaryColumn('bigint')
  id!: string;

  @Column('uuid', { name: 'payment_id', nullable: true })
  paymentId!: string | null;

  @Column('uuid', { name: 'order_id', nullable: true })
  orderId!: string | null;

  @Column('uuid', { name: 'dispute_id', nullable: true })
  disputeId!: string | null;

  @Column('integer')
  version!: number;

  @Column('text', { name: 'from_status', nullable: true })
  from!: string | null;

  @Column('text', { name: 'to_status' })
  to!: string;

  @Column('jsonb')
  facts!: unknown[];

  @Column('uuid', { name: 'inbox_id', nullable: true })
  inboxId!: string | null;

  @Column('text', { nullable: true })
  command!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
