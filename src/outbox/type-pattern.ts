/** `order.paid`, `order.*` or `*` as a pattern of SQL's `like`, in which `_` is any character. */
export function toPattern(type: string): string {
  return type.replaceAll('_', '\\_').replaceAll('*', '%');
}

/** The type that a pattern was made of. */
export function toType(pattern: string): string {
  return pattern.replaceAll('%', '*').replaceAll('\\_', '_');
}
