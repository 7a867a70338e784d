import type { ComponentChildren } from 'preact';
import { withQuery } from '../paths.js';

/**
 * A part of a page that is loaded anew every few seconds, until it is over: then it comes back
 * without that wish. Nothing of it may be filled in or opened by a person, since that would be lost.
 */
export function Live({
  id,
  path,
  query = {},
  was,
  everySeconds,
  words,
  children,
}: {
  /** Of the part, in the page. */
  readonly id: string;
  /** Of the page. */
  readonly path: string;
  /** Of the page, kept in what is asked. */
  readonly query?: Readonly<Record<string, string>>;
  /** How it stands, sent along so that the answer can tell whether that has changed. */
  readonly was: string;
  /** Null: it is over. */
  readonly everySeconds: number | null;
  /** Id of a text outside of the part that is read out when it changes. */
  readonly words?: string;
  readonly children: ComponentChildren;
}) {
  if (everySeconds === null) return <div id={id}>{children}</div>;
  return (
    <div
      id={id}
      hx-get={withQuery(path, { ...query, was })}
      hx-trigger={`every ${everySeconds}s`}
      hx-select={`#${id}`}
      hx-select-oob={words === undefined ? undefined : `#${words}:innerHTML`}
      hx-swap="outerHTML"
    >
      {children}
      <p class="live">
        This goes on by itself. <a href={withQuery(path, query)}>Refresh</a>
      </p>
    </div>
  );
}

/**
 * What depends on how it stands and lies outside of the live part: buttons, and what is long. It
 * comes along with an answer only when that has changed, so that nobody loses what he has opened.
 */
export function FollowsLive({
  id,
  hasChanged,
  children,
}: {
  readonly id: string;
  /** The page is asked for by its live part, and stands otherwise than that part shows, or is over. */
  readonly hasChanged: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <div id={id} class="follows" hx-swap-oob={hasChanged ? 'true' : undefined}>
      {children}
    </div>
  );
}
