import type { AccountSecrets, SecretView, Settings } from '../../ops/settings/show-settings.js';
import { EmptyState } from '../components/empty-state.js';
import { Badge } from '../components/badge.js';
import { KeyValues } from '../components/key-values.js';
import { Panel } from '../components/panel.js';
import { Table, type Column } from '../components/table.js';
import { Time } from '../components/time.js';

type Setting = readonly [name: string, value: unknown];
type Account = Pick<AccountSecrets, 'provider' | 'account'>;
type SecretRow = Account & SecretView;

/** Secrets with the evidence for a rotation, tokens, consumers, and everything else as it is set. */
export function SettingsView({ settings }: { readonly settings: Settings }) {
  const { accounts, tokens, consumers, config } = settings;
  return (
    <>
      <Panel title="Webhook secrets">
        <p class="muted">
          To rotate a secret, put the new one first, and keep the old one until it has not matched
          for longer than the provider retries (three days at Stripe and Paystack).
        </p>
        <Table
          caption="Webhook secrets, newest first"
          columns={SECRET_COLUMNS}
          rows={accounts.flatMap(toRows)}
          empty={<EmptyState title="No secrets">No provider is switched on.</EmptyState>}
        />
      </Panel>
      <Panel title="Tokens">
        <Table
          caption="API tokens"
          columns={TOKEN_COLUMNS}
          rows={tokens}
          empty={<EmptyState title="No tokens">Set API_TOKENS.</EmptyState>}
        />
      </Panel>
      <Panel title="Consumers">
        <Table
          caption="Consumers that this process is configured with"
          columns={CONSUMER_COLUMNS}
          rows={consumers}
          empty={
            <EmptyState title="Nobody is told of changes">
              Set CONSUMERS or OUTSIDE_CONSUMERS, and restart api and workers.
            </EmptyState>
          }
        />
      </Panel>
      <Panel title="Configuration">
        <KeyValues entries={Object.entries(config).map(present)} />
      </Panel>
    </>
  );
}

function toRows({ provider, account, secrets }: AccountSecrets): SecretRow[] {
  return secrets.map((secret) => ({ provider, account, ...secret }));
}

const SECRET_COLUMNS: readonly Column<SecretRow>[] = [
  { title: 'Provider', cell: ({ provider }) => provider },
  { title: 'Account', cell: ({ account }) => account },
  {
    title: 'Position',
    cell: ({ position }) => (position === 1 ? '1 (newest)' : String(position)),
  },
  { title: 'Fingerprint', cell: ({ fingerprint }) => <span class="mono">{fingerprint}</span> },
  {
    title: 'Last matched',
    cell: ({ lastMatchedAt }) =>
      lastMatchedAt === null ? <span class="muted">never</span> : <Time at={lastMatchedAt} />,
  },
  { title: 'Deliveries', isNumber: true, cell: ({ deliveries }) => deliveries },
];

const TOKEN_COLUMNS: readonly Column<Settings['tokens'][number]>[] = [
  { title: 'Name', cell: ({ name }) => name },
  { title: 'Role', cell: ({ role }) => <Badge status={role} tone="neutral" /> },
];

const CONSUMER_COLUMNS: readonly Column<Settings['consumers'][number]>[] = [
  { title: 'Name', cell: ({ name }) => name },
  { title: 'Told of', cell: ({ types }) => <span class="mono">{types.join(', ')}</span> },
];

function present([name, value]: Setting) {
  return [name, <span class="mono">{toText(value)}</span>] as const;
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '(empty)' : value;
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) {
    return value.length === 0 ? 'none' : value.join(', ');
  }
  return JSON.stringify(value);
}
