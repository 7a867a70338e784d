import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A row of `access_grants`. */
@Entity('access_grants')
export class AccessGrantEntity {
  @PrimaryColumn('text', { name: 'order_reference' })
  orderReference!: string;

  @Column('text')
  status!: string;

  @Column('integer')
  version!: number;

  @Column('timestamptz', { name: 'changed_at' })
  changedAt!: Date;
}
