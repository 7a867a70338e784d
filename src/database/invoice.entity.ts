import { Column, Entity, PrimaryColumn, type ValueTransformer } from 'typeorm';
import { minorUnits } from './minor-units.js';

/** A bigint column that counts; its CHECK keeps it below 2^53. */
const counter: ValueTransformer = { from: Number, to: (value: number) => value };

/** A row of `invoice_documents`. */
@Entity('invoice_documents')
export class InvoiceDocumentEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  series!: string;

  @Column({ type: 'bigint', transformer: counter })
  number!: number;

  @Column('text')
  kind!: string;

  @Column('text', { name: 'order_reference' })
  orderReference!: string;

  @Column('text')
  currency!: string;

  @Column({ type: 'bigint', name: 'amount_minor', transformer: minorUnits })
  amountMinor!: number;

  @Column('uuid', { name: 'corrects_id', nullable: true })
  correctsId!: string | null;

  @Column('uuid', { name: 'message_id' })
  messageId!: string;

  @Column('timestamptz', { name: 'issued_at' })
  issuedAt!: Date;
}
