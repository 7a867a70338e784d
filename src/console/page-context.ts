import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Caller } from '../access/authenticate.js';

/** What every part of a page may need to know. */
export interface PageContextValue {
  /** Null on pages that one sees without being logged in. */
  readonly caller: Caller | null;
  /** What every form carries; empty where nobody is logged in. */
  readonly csrfToken: string;
  /** The time at which the page was made: what relative times are relative to. */
  readonly now: Date;
}

export const PageContext = createContext<PageContextValue>({
  caller: null,
  csrfToken: '',
  now: new Date(0),
});

/** What the page that is being rendered was made with. */
export function usePage(): PageContextValue {
  return useContext(PageContext);
}

/** Whether the person who looks may act, too. Who may not is shown no buttons. */
export function useMayAct(): boolean {
  return usePage().caller?.role === 'operator';
}
