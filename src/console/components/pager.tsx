/** Goes on to the next page of a list, with the filters that are set. Nothing when all is shown. */
export function Pager({
  path,
  filters,
  nextCursor,
}: {
  /** Of the list. */
  readonly path: string;
  /** As `givenFilters` read them, `cursor` included. */
  readonly filters: Readonly<Record<string, string>>;
  readonly nextCursor: string | null;
}) {
  const { cursor, ...kept } = filters;
  if (nextCursor === null && cursor === undefined) return null;
  return (
    <nav class="pager" aria-label="Pages">
      {cursor !== undefined && <a href={toUrl(path, kept)}>First page</a>}
      {nextCursor !== null && (
        <a class="button" href={toUrl(path, { ...kept, cursor: nextCursor })} rel="next">
          Next page
        </a>
      )}
    </nav>
  );
}

function toUrl(path: string, query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}
