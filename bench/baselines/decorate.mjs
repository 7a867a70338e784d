/**
 * Applies decorators as the TypeScript compiler would, so that the baselines need no build.
 * @param {Function} type the class
 * @param {{ type?: Function[], parameters?: Function[], methods?: object }} decorators `parameters`
 * are those of the constructor; `methods` maps a name to `{ method: [], parameters: [] }`
 */
export function decorate(type, { type: ofType = [], parameters = [], methods = {} }) {
  parameters.forEach((decorator, index) => decorator(type, undefined, index));
  for (const [name, of] of Object.entries(methods)) {
    of.parameters.forEach((decorator, index) => decorator(type.prototype, name, index));
    const descriptor = Object.getOwnPropertyDescriptor(type.prototype, name);
    for (const decorator of of.method) decorator(type.prototype, name, descriptor);
  }
  for (const decorator of ofType) decorator(type);
}
