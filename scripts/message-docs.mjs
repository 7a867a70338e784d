/**
 * Writes docs/messages/ and docs/asyncapi.yaml from the schemas in src/outbox/: what others are
 * told, for those who are told. The prose of docs/messages/README.md is written by hand and left
 * alone: what is generated stands between a pair of markers. A test renders the same and compares.
 *
 * `npm run docs:messages`
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { stringify } from 'yaml';
import { z } from 'zod';
import { asyncApiDocument } from './asyncapi-doc.mjs';
import { messageExamples } from './message-examples.mjs';
import { envelopeOf, typesOf } from './message-schemas.mjs';

const ROOT = new URL('../', import.meta.url);
const BUILT = new URL('../dist/src/', import.meta.url);
const FOLDER = 'docs/messages';
/** No anchors, since each example is whole; quotes around what an older reader takes for a time. */
const STRINGIFY = { aliasDuplicateObjects: false, lineWidth: 0, compat: 'yaml-1.1' };

/** What is generated of our modules. */
export const MODULES = [
  'outbox/message.js',
  'outbox/dispatch.js',
  'payments/plan-ring.js',
  'payments/order-drafts.js',
  'payments/tell.js',
  'queues/queues.js',
];

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const modules = await Promise.all(MODULES.map((file) => import(new URL(file, BUILT).href)));
  for (const [path, text] of Object.entries(await renderDocuments(Object.assign({}, ...modules)))) {
    writeFileSync(new URL(path, ROOT), text);
    console.log(`wrote ${path}`);
  }
}

/**
 * Every generated document: its path in the repository, and its text.
 * @param code all that the modules above export
 */
export async function renderDocuments(code) {
  const examples = messageExamples(code);
  const schemas = Object.entries(messageSchemas(code, 'tolerant'));
  const json = schemas.map(([name, schema]) => [`${name}.schema.json`, JSON.stringify(schema)]);
  const page = readFileSync(new URL(`${FOLDER}/README.md`, ROOT), 'utf8');
  const files = [
    ...json.map(([name, text]) => [`${FOLDER}/${name}`, text]),
    ['docs/asyncapi.yaml', stringify(asyncApiDocument(code, examples), STRINGIFY)],
  ];
  const written = files.map(async ([path, text]) => [path, await pretty(path, text)]);
  return {
    ...Object.fromEntries(await Promise.all(written)),
    [`${FOLDER}/README.md`]: fillIn(page, code, examples['order.paid'].message),
  };
}

/**
 * JSON Schemas: for each aggregate, of the whole message and of its `data` alone.
 *
 * @param manner `tolerant` lets a message have more than is written down, as consumers have to;
 * `strict` does not, for whoever makes sure that all is written down
 */
export function messageSchemas(code, manner) {
  const entries = Object.entries(code.MESSAGE_DATA).flatMap(([aggregate, data]) => {
    const about = `about ${aggregate === 'order' ? 'an' : 'a'} ${aggregate}`;
    const urn = code.dataSchemaOf(aggregate);
    const envelope = envelopeOf(code, aggregate);
    return [
      [aggregate, toJsonSchema(envelope, manner, `${urn}:event`, `A message ${about}`)],
      [`${aggregate}.data`, toJsonSchema(data, manner, urn, `Data of a message ${about}`)],
    ];
  });
  return Object.fromEntries(entries);
}

function toJsonSchema(schema, manner, $id, title) {
  // As input an object may have more fields, as output it has no others.
  const io = manner === 'strict' ? 'output' : 'input';
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io });
  return { $schema, $id, title, ...rest };
}

/**
 * Replaces what stands between the markers of the page.
 * @throws Error when the page lacks a pair of markers
 */
export function fillIn(page, code, example) {
  const parts = { example: renderExample(example), types: renderTypes(code) };
  return Object.entries(parts).reduce((text, [name, generated]) => {
    const [begin, end] = [`<!-- begin generated: ${name} -->`, `<!-- end generated: ${name} -->`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from < 0 || to < from) throw new Error(`expected "${begin}" and "${end}" in the page`);
    return `${text.slice(0, from + begin.length)}\n\n${generated}\n\n${text.slice(to)}`;
  }, page);
}

function renderExample(message) {
  return ['```json', JSON.stringify(message, null, 2), '```'].join('\n');
}

/** A table for each aggregate: its types with what they mean. */
function renderTypes(code) {
  return Object.keys(code.MESSAGE_DATA)
    .map((aggregate) => renderTable(typesOf(code, aggregate), code.MESSAGE_TYPES))
    .join('\n\n');
}

function renderTable(types, meanings) {
  const rows = [['`type`', 'means'], ...types.map((type) => [`\`${type}\``, meanings[type]])];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) => toLine(row.map((cell, at) => cell.padEnd(widths[at]))));
  return [lines[0], toLine(widths.map((width) => '-'.repeat(width))), ...lines.slice(1)].join('\n');
}

function toLine(cells) {
  return `| ${cells.join(' | ')} |`;
}

async function pretty(path, text) {
  const filepath = fileURLToPath(new URL(path, ROOT));
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}
