/** The schemas of whole messages, put together from those in src/outbox/message.ts. */
import { z } from 'zod';

/** The types of the messages about an aggregate. */
export function typesOf({ MESSAGE_TYPES }, aggregate) {
  return Object.keys(MESSAGE_TYPES).filter((type) => type.startsWith(`${aggregate}.`));
}

/** A message about an aggregate: its types, and `data` as those have it. */
export function envelopeOf(code, aggregate) {
  const { shape } = code.messageSchema;
  return code.messageSchema.extend({
    type: z.enum(typesOf(code, aggregate)),
    dataschema: describedAs(z.literal(code.dataSchemaOf(aggregate)), shape.dataschema),
    aggregate: describedAs(z.literal(aggregate), shape.aggregate),
    data: code.MESSAGE_DATA[aggregate],
  });
}

function describedAs(schema, { description }) {
  return description === undefined ? schema : schema.describe(description);
}
