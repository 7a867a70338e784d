const { existsSync } = require('node:fs');
const { join } = require('node:path');

/**
 * Lets Jest find `./name.ts` or `./name.tsx` behind the import of `./name.js` that ESM asks for. A
 * moduleNameMapper would do the same to every package in node_modules, some of which ship both.
 */
module.exports = function resolve(request, options) {
  const isOurs = request.startsWith('.') && !options.basedir.includes('node_modules');
  if (isOurs && request.endsWith('.js')) {
    for (const extension of ['.ts', '.tsx']) {
      const name = request.slice(0, -'.js'.length) + extension;
      const source = join(options.basedir, name);
      if (existsSync(source)) return source;
    }
  }
  return options.defaultResolver(request, options);
};
