const GLOBALS = new URL('./globals.mjs', import.meta.url).href;

/**
 * Resolves what specs import, for running them outside Jest. A version (`?v=2`) goes on from who
 * imports to what is imported, so that a spec of a new version has all of our modules anew.
 */
export async function resolve(specifier, context, nextResolve) {
  if (specifier === '@jest/globals') return { url: GLOBALS, shortCircuit: true };
  const resolved = await nextResolve(specifier, context);
  const [, version] = context.parentURL?.split('?v=') ?? [];
  const isOurs = resolved.url.endsWith('.ts') && !resolved.url.includes('/node_modules/');
  if (version === undefined || !isOurs) return resolved;
  return { ...resolved, url: `${resolved.url}?v=${version}` };
}
