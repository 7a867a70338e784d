import { format } from 'node:util';

/*
 * What specs take from '@jest/globals', for running them outside Jest: as much as ours use. The
 * assertions are Jest's own.
 */
export { expect } from 'expect';

const HOOKS = ['beforeAll', 'beforeEach', 'afterEach', 'afterAll'];

let current = toGroup('', null);

export const describe = withEach((name, body) => {
  const outer = current;
  current = toGroup(name, outer);
  outer.members.push(current);
  body();
  current = outer;
});
export const it = withEach((name, run) => {
  current.members.push({ name, run, isTest: true });
});
export const [beforeAll, beforeEach, afterEach, afterAll] = HOOKS.map((kind) => (run) => {
  current[kind].push(run);
});

/** The tests that a file has once `load` has evaluated it. */
export async function collect(load) {
  current = toGroup('', null);
  const root = current;
  await load();
  return root;
}

function toGroup(name, parent) {
  return { name, parent, members: [], ...Object.fromEntries(HOOKS.map((kind) => [kind, []])) };
}

function withEach(define) {
  const each = (rows) => (title, run) => {
    const isTable = rows.every((row) => Array.isArray(row));
    for (const [index, row] of rows.entries()) {
      const values = isTable ? row : [row];
      define(`${index} ${titleOf(title, values)}`, (...rest) => run(...values, ...rest));
    }
  };
  return Object.assign(define, { each });
}

/** As Jest fills in titles, nearly: `%s` and the like, and `$member` of a row that is an object. */
function titleOf(title, values) {
  const [row] = values;
  const named = title.replace(/\$(\w+)/g, (text, name) => String(row?.[name] ?? text));
  const places = named.match(/%[sdijop]/g)?.length ?? 0;
  return format(named.replaceAll('%p', '%j'), ...values.slice(0, places));
}
