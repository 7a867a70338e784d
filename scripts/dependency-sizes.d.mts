/** The packages that a direct dependency brings, itself included: all, and those only it needs. */
export function countPackages(
  lock: { readonly packages: Readonly<Record<string, unknown>> },
  name: string,
): { readonly all: ReadonlySet<string>; readonly own: ReadonlySet<string> };
