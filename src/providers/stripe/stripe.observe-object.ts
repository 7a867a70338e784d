import type Stripe from 'stripe';
import type { ObjectPointer, Observation } from '../provider-api.js';
import type { StripeClient } from './stripe.client.js';
import { observeStripePayment, type StripeLook } from './stripe.observe.js';

/**
 * Looks at the payment that an object belongs to; at the object itself too where it is a dispute,
 * which the payment does not tell of.
 * @returns null for a kind of object that has nothing to do with a payment
 * @throws as {@link ProviderApi} says
 */
export async function observeStripeObject(
  client: StripeClient,
  orderReferenceKey: string,
  account: string,
  pointer: ObjectPointer,
): Promise<Observation | null> {
  const found = await findOwner(client, account, pointer);
  if (found === null) return null;
  const look = { account, ...found };
  return observeStripePayment(client, orderReferenceKey, look);
}

type Owner = Pick<StripeLook, 'providerPaymentId' | 'dispute'>;

async function findOwner(
  client: StripeClient,
  account: string,
  { kind, id }: ObjectPointer,
): Promise<Owner | null> {
  switch (kind) {
    case 'payment_intent':
      return { providerPaymentId: id, dispute: null };

    case 'charge': {
      const charge = await client.read(account, (stripe) => stripe.charges.retrieve(id));
      return ownerOf({ charge: id, payment_intent: charge.payment_intent }, null);
    }

    case 'refund':
      return ownerOf(await client.read(account, (stripe) => stripe.refunds.retrieve(id)), null);

    case 'dispute': {
      const dispute = await client.read(account, (stripe) => stripe.disputes.retrieve(id));
      return ownerOf(dispute, dispute);
    }

    default:
      return null;
  }
}

/** Null for an object that names neither an intent nor a charge, as refunds of a balance do. */
function ownerOf(
  owned: Pick<Stripe.Refund, 'charge' | 'payment_intent'>,
  dispute: StripeLook['dispute'],
): Owner | null {
  const providerPaymentId = idOf(owned.payment_intent) ?? idOf(owned.charge);
  return providerPaymentId === null ? null : { providerPaymentId, dispute };
}

function idOf(reference: string | { id: string } | null): string | null {
  return typeof reference === 'object' ? (reference?.id ?? null) : reference;
}
