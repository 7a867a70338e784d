-- The columns and indexes that an inbox with a worker behind it needs: the same shape as ours.
create table webhook_events (
  id uuid primary key default uuidv7(),
  provider text not null,
  account text not null,
  event_id text not null,
  event_type text not null,
  status text not null default 'received',
  body bytea not null,
  received_at timestamptz not null default now(),
  unique (provider, account, event_id)
);
create index on webhook_events (received_at, id) where status = 'received';
