-- What stands in the database when `tutorial-worker` starts: the table of the tutorial, and what its
-- handler writes to.
create table webhook_events (
  id uuid primary key default gen_random_uuid(),
  provider text not null,
  event_id text not null unique,
  event_type text not null,
  status text not null default 'received',
  payload jsonb not null,
  received_at timestamptz not null default now(),
  finished_at timestamptz
);
create table orders (
  id uuid primary key default gen_random_uuid(),
  reference text not null unique,
  status text not null default 'open',
  amount_paid_minor bigint not null default 0,
  updated_at timestamptz not null default now()
);
create table payments (
  id uuid primary key default gen_random_uuid(),
  provider_payment_id text not null unique,
  order_id uuid not null references orders (id),
  status text not null,
  currency text not null,
  amount_minor bigint not null
);
create index on payments (order_id);
create table ledger_entries (
  id uuid primary key default gen_random_uuid(),
  payment_id uuid not null references payments (id),
  debit text not null,
  credit text not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  created_at timestamptz not null default now()
);
create index on ledger_entries (payment_id);
create table outbox (
  id uuid primary key default gen_random_uuid(),
  type text not null,
  subject text not null,
  data jsonb not null,
  created_at timestamptz not null default now(),
  published_at timestamptz
);
create index on outbox (created_at) where published_at is null;
