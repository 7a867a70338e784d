import { z } from 'zod';

/** Consumers that come with Tollgate. */
export const SHIPPED_CONSUMERS = ['invoices', 'access', 'crm'] as const;
export type ShippedConsumer = (typeof SHIPPED_CONSUMERS)[number];

/** A service that reads its own queue of messages. */
export interface OutsideConsumer {
  readonly name: string;
  readonly types: readonly string[];
}

/** `order.paid`, all of one kind (`order.*`), or everything (`*`). */
export const messageType = z
  .string()
  .regex(/^(\*|[a-z]+\.(\*|[a-z_]+))$/, 'expected a type such as order.paid, order.* or *');

/** The name is part of a queue's name, in which BullMQ allows no `:`. */
const NAME = /^[a-z][a-z0-9-]{0,39}$/;

/** Reads `name=type|type`, comma-separated; every entry that cannot be used is a problem. */
export function parseOutsideConsumers(value: string, context: z.RefinementCtx): OutsideConsumer[] {
  const entries = value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const names = new Set<string>(SHIPPED_CONSUMERS);
  return entries.flatMap((entry, index) => {
    const [name = '', types = '*', ...rest] = entry.split('=');
    const list = types.split('|').map((one) => one.trim());
    const problem = problemOf(name, list, rest, names);
    names.add(name);
    if (problem === null) return [{ name, types: list }];
    context.addIssue({ code: 'custom', message: `entry ${index + 1}: ${problem}` });
    return [];
  });
}

function problemOf(
  name: string,
  types: readonly string[],
  rest: readonly string[],
  names: ReadonlySet<string>,
): string | null {
  if (!NAME.test(name) || rest.length > 0) {
    return 'expected name=type|type with a name of lower-case letters, digits and -';
  }
  if (names.has(name)) return `${name} is there already`;
  const bad = types.find((one) => !messageType.safeParse(one).success);
  return bad === undefined ? null : `${bad} is no type such as order.paid, order.* or *`;
}
