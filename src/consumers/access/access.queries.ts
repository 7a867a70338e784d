import type { Tx } from '../../database/transaction.js';
import type { AccessStatus } from './access-status.js';

/** What a version of an order says about the access to what it pays for. */
export interface Access {
  readonly orderReference: string;
  readonly status: AccessStatus;
  readonly version: number;
}

/** Sets the access of an order, unless a version that is as new has set it before. */
export async function setAccess(tx: Tx, access: Access): Promise<void> {
  await tx.query({
    name: 'set-access',
    text: `
      insert into access_grants (order_reference, status, version) values ($1, $2, $3)
      on conflict (order_reference) do update set
        status = excluded.status,
        version = excluded.version,
        changed_at = case when access_grants.status = excluded.status
          then access_grants.changed_at else now() end
      where excluded.version > access_grants.version`,
    values: [access.orderReference, access.status, access.version],
  });
}
