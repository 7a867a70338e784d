import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import type { VNode } from 'preact';
import { ActionForm, ReasonField } from '../../../src/console/components/action-form.js';
import { Badge } from '../../../src/console/components/badge.js';
import { EmptyState } from '../../../src/console/components/empty-state.js';
import { FilterForm } from '../../../src/console/components/filter-form.js';
import { Json } from '../../../src/console/components/json.js';
import { KeyValues } from '../../../src/console/components/key-values.js';
import { NoticeBox } from '../../../src/console/components/notice-box.js';
import { Pager } from '../../../src/console/components/pager.js';
import { Panel } from '../../../src/console/components/panel.js';
import { Table } from '../../../src/console/components/table.js';
import { Time } from '../../../src/console/components/time.js';
import { Layout } from '../../../src/console/layout.js';
import { renderDocument } from '../../../src/console/render-page.js';

const NOW = new Date('2026-03-02T09:17:00Z');

/** Every place of every component into which text from outside may come. */
const PLACES: Readonly<Record<string, (text: string) => VNode>> = {
  'the title of a page': (text) => (
    <Layout title={text} section={null} attention={null} notice={null}>
      {text}
    </Layout>
  ),
  'a notice': (text) => <NoticeBox notice={{ kind: 'problem', text }} />,
  'a badge': (text) => <Badge status={text} />,
  'a value': (text) => <KeyValues entries={[[text, text]]} />,
  'an empty state': (text) => <EmptyState title={text}>{text}</EmptyState>,
  JSON: (text) => <Json label={text} value={{ [text]: text }} />,
  'a panel': (text) => <Panel title={text}>{text}</Panel>,
  'a table': (text) => (
    <Table
      caption={text}
      columns={[{ title: text, cell: () => text }]}
      rows={[1]}
      empty={<p>none</p>}
    />
  ),
  'a filter': (text) => (
    <FilterForm
      path="/console/events"
      fields={[
        { name: 'text', label: text, placeholder: text },
        { name: 'status', label: text, options: [text] },
      ]}
      filters={{ text, status: text }}
    />
  ),
  'a link to the next page': (text) => (
    <Pager path="/console/events" filters={{ text }} nextCursor={text} />
  ),
  'an action': (text) => (
    <ActionForm action="/console/x" label={text} hidden={{ [text]: text }} confirm={text}>
      <ReasonField />
    </ActionForm>
  ),
};

const render = (node: VNode) =>
  renderDocument(
    { caller: { name: 'me', role: 'operator' }, csrfToken: 'token-of-the-session', now: NOW },
    node,
  );

/** Names of the elements and attributes: what a browser makes of the text is none of them. */
function skeletonOf(html: string): string[] {
  return [...html.matchAll(/<\/?([^\s/>]+)((?:\s+[^\s=>]+(?:="[^"]*")?)*)\s*\/?>/g)].map(
    ([, name = '', attributes = '']) =>
      [name, ...[...attributes.matchAll(/([^\s=]+)(?:="[^"]*")?/g)].map(([, one]) => one)].join(
        ' ',
      ),
  );
}

describe.each(Object.entries(PLACES))('text in %s', (_name, place) => {
  it('stays text', () => {
    const html = render(place(`<script src=//evil></script><img src=x onerror='x'>"'&`));
    expect(html).not.toMatch(/<script src=\/\/evil|<img src=x/);
  });

  it('changes no element and no attribute, whatever it is', () => {
    // Attributes that are dropped when empty, and names that differ, are no matter here.
    const text = fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', '=', 'a', '/', '!') });
    const wanted = skeletonOf(render(place('plain')));
    fc.assert(
      fc.property(text, (noise) => {
        expect(skeletonOf(render(place(`plain${noise}`)))).toEqual(wanted);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the pages', () => {
  const folder = new URL('../../../src/console/', import.meta.url);
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => [name, readFileSync(new URL(name, folder), 'utf8')] as const);

  it.each(sources)('%s has no HTML of its own, and nothing that the policy forbids', (_n, text) => {
    expect(text).not.toMatch(/dangerouslySetInnerHTML/);
    expect(text).not.toMatch(/\s(style|on[A-Z]\w*|hx-on\S*)=/);
    expect(text).not.toMatch(/\b(js|javascript):\S/);
  });

  it('are read at all', () => {
    expect(sources.length).toBeGreaterThan(20);
  });
});

describe('an action', () => {
  it('carries the token of the session', () => {
    const html = render(<ActionForm action="/console/x" label="Replay" />);
    expect(html).toContain('name="_csrf" value="token-of-the-session"');
    expect(html).toContain('method="post"');
  });
});

describe('a table', () => {
  it('shows what there is to do when it is empty', () => {
    const empty = <EmptyState title="Nothing">Send an event.</EmptyState>;
    const html = render(<Table caption="x" columns={[]} rows={[]} empty={empty} />);
    expect(html).toContain('Send an event.');
    expect(html).not.toContain('<table');
  });
});

describe('a time', () => {
  it('is shown in UTC, with how long ago that was', () => {
    const html = render(<Time at="2026-03-02T10:12:00+01:00" />);
    expect(html).toContain('2026-03-02 09:12:00 UTC');
    expect(html).toContain('5 min ago');
  });

  it('is a dash when there is none', () => {
    expect(render(<Time at={null} />)).toContain('none');
  });
});
