/** What each pair of states means: from × to. */
export type Table = Readonly<Record<string, Readonly<Record<string, string>>>>;

export function fillIn(page: string, tables: Readonly<Record<string, Table>>): string;
