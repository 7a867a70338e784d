import { Column, Entity, PrimaryColumn } from 'typeorm';
import { minorUnits } from './minor-units.js';

/** A row of `ledger_transfers`. */
@Entity('ledger_transfers')
export class LedgerTransferEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'payment_id' })
  paymentId!: string;

  @Column('uuid', { name: 'order_id', nullable: true })
  orderId!: string | null;

  @Column('text', { name: 'fact_kind' })
  factKind!: string;

  @Column('text', { name: 'fact_key' })
  factKey!: string;

  @Column('text')
  rule!: string;

  @Column('integer')
  revision!: number;

  @Column('text', { name: 'debit_account' })
  debitAccount!: string;

  @Column('text', { name: 'credit_account' })
  creditAccount!: string;

  @Column('text')
  currency!: string;

  @Column({ type: 'bigint', name: 'amount_minor', transformer: minorUnits })
  amountMinor!: number;

  @Column('uuid', { name: 'inbox_id', nullable: true })
  inboxId!: string | null;

  @Column('text', { nullable: true })
  command!: string | null;

  @Column('timestamptz', { name: 'posted_at' })
  postedAt!: Date;
}
