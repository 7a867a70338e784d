import { EntitySchema } from 'typeorm';

/** The table as tutorials have it: the parsed payload as jsonb, the event id unique. */
export const WebhookEvent = new EntitySchema({
  name: 'WebhookEvent',
  tableName: 'webhook_events',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid' },
    provider: { type: 'text' },
    eventId: { type: 'text', name: 'event_id', unique: true },
    eventType: { type: 'text', name: 'event_type' },
    status: { type: 'text', default: 'received' },
    payload: { type: 'jsonb' },
    receivedAt: { type: 'timestamptz', name: 'received_at', createDate: true },
  },
});
