import type { Notice } from '../../access/session.queries.js';

/** What came of the last form. The region is always there, so that a screen reader hears it fill. */
export function NoticeBox({ notice }: { readonly notice: Notice | null }) {
  return (
    <div id="notice" role="status">
      {notice && <p class={`notice ${notice.kind}`}>{notice.text}</p>}
    </div>
  );
}
