import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** One import, re-export, dynamic import or `import('…')` type. */
export interface SourceImport {
  /** A path from the root of the repository, such as `src/errors.ts`; or the name of a package. */
  readonly target: string;
  /** True when nothing of it is left at run time. */
  readonly typesOnly: boolean;
}

/** A file and what it imports. */
export interface SourceModule {
  /** Path from the root of the repository. */
  readonly path: string;
  readonly imports: readonly SourceImport[];
  readonly readsEnvironment: boolean;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Reads every TypeScript file under a folder of the repository. */
export function readModules(folder: string): SourceModule[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .map((path) => parseModule(path, readFileSync(join(ROOT, path), 'utf8')));
}

/** Reads one file by the compiler's own eyes, so that no comment or string misleads. */
export function parseModule(path: string, text: string): SourceModule {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: SourceImport[] = [];
  let readsEnvironment = false;
  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found !== null) {
      imports.push({ ...found, target: resolveTarget(path, found.target) });
    }
    readsEnvironment ||= isEnvironment(node);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { path, imports, readsEnvironment };
}

function importOf(node: ts.Node): SourceImport | null {
  if (ts.isImportDeclaration(node)) {
    return from(node.moduleSpecifier, isTypesOnly(node.importClause));
  }
  if (ts.isExportDeclaration(node)) return from(node.moduleSpecifier, node.isTypeOnly);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return from(node.argument.literal, true);
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return from(node.arguments[0], false);
  }
  return null;
}

function from(specifier: ts.Node | undefined, typesOnly: boolean): SourceImport | null {
  if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return null;
  return { target: specifier.text, typesOnly };
}

function isTypesOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined) return false;
  return ts.isNamedImports(bindings) && bindings.elements.every((element) => element.isTypeOnly);
}

function isEnvironment(node: ts.Node): boolean {
  return (
    (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) &&
    /^process(\.env|\[['"`]env['"`]\])$/.test(node.getText())
  );
}

function resolveTarget(path: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  const source = posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
  return existsSync(join(ROOT, `${source}x`)) ? `${source}x` : source;
}
