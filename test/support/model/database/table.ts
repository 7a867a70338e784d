import type { Session } from './session.js';

/** A row that a transaction has locked ends the wait of others when that transaction ends. */
export class LockWait extends Error {
  constructor(readonly holder: Session) {
    super('somebody else holds the row');
  }
}

/** One row in its versions: what is committed, and what its one writer has made of it. */
interface Cell<Row> {
  committed: Row | undefined;
  /** Of the holder alone; null: he has deleted it; undefined: he has not written it. */
  pending: Row | null | undefined;
  holder: Session | null;
}

/** What a session holds until its transaction ends. */
export interface Held {
  commit(): void;
  rollback(): void;
}

/**
 * Rows under a key, as READ COMMITTED has them: everybody reads what is committed and what he has
 * written himself; who writes or locks a row holds it until his transaction ends, and others who
 * want it wait. Rows are never changed, only replaced.
 */
export class Table<Row extends object> {
  private readonly cells = new Map<string, Cell<Row>>();

  /** Rows that a session sees, in the order in which they were made. */
  *visible(session: Session): Generator<Row> {
    for (const cell of this.cells.values()) {
      const row = read(cell, session);
      if (row) yield row;
    }
  }

  /** Visible rows for which something holds. */
  where(session: Session, holds: (row: Row) => boolean): Row[] {
    const rows: Row[] = [];
    for (const row of this.visible(session)) if (holds(row)) rows.push(row);
    return rows;
  }

  find(session: Session, key: string): Row | undefined {
    const cell = this.cells.get(key);
    return cell && read(cell, session);
  }

  /** Rows as somebody sees them who has written nothing. */
  committed(): Row[] {
    const rows: Row[] = [];
    for (const { committed } of this.cells.values()) if (committed) rows.push(committed);
    return rows;
  }

  /** True when the row could be locked at once, and is now (`for update skip locked`). */
  tryLock(session: Session, key: string): boolean {
    const cell = this.cells.get(key);
    if (!cell || (cell.holder && cell.holder !== session)) return false;
    this.hold(session, key, cell);
    return true;
  }

  /**
   * Locks a row (`for update`, or because it is about to be written).
   * @throws LockWait when another transaction has it: the statement begins anew after that
   */
  lock(session: Session, key: string): void {
    const cell = this.cells.get(key);
    if (!cell) throw new Error(`there is no row ${key} to lock`);
    if (cell.holder && cell.holder !== session) throw new LockWait(cell.holder);
    this.hold(session, key, cell);
  }

  /** Writes fields of a row. @throws LockWait as `lock` does */
  update(session: Session, key: string, fields: Partial<Row>): Row {
    this.lock(session, key);
    const cell = this.cells.get(key)!;
    const row = { ...read(cell, session)!, ...fields };
    cell.pending = row;
    return row;
  }

  /**
   * What `on conflict` does when it finds a row under its key: it waits until it knows what becomes
   * of it. A row that is locked alone keeps nobody waiting.
   * @throws LockWait while somebody else has made, changed or deleted the row and not committed it
   */
  awaitWriter(session: Session, key: string): void {
    const cell = this.cells.get(key);
    if (!cell?.holder || cell.holder === session || cell.pending === undefined) return;
    throw new LockWait(cell.holder);
  }

  /**
   * Makes a row (`on conflict do nothing`).
   * @returns false when there is one under this key
   * @throws LockWait as `awaitWriter` does
   */
  insert(session: Session, key: string, row: Row): boolean {
    this.awaitWriter(session, key);
    let cell = this.cells.get(key);
    if (cell && read(cell, session)) return false;
    cell ??= { committed: undefined, pending: undefined, holder: null };
    this.cells.set(key, cell);
    this.hold(session, key, cell);
    cell.pending = row;
    return true;
  }

  /** Deletes a row. @throws LockWait as `lock` does */
  delete(session: Session, key: string): void {
    this.lock(session, key);
    this.cells.get(key)!.pending = null;
  }

  private hold(session: Session, key: string, cell: Cell<Row>): void {
    if (cell.holder === session) return;
    cell.holder = session;
    session.hold({
      commit: () => {
        if (cell.pending !== undefined) cell.committed = cell.pending ?? undefined;
        this.letGo(key, cell);
      },
      rollback: () => {
        this.letGo(key, cell);
      },
    });
  }

  private letGo(key: string, cell: Cell<Row>): void {
    cell.pending = undefined;
    cell.holder = null;
    if (cell.committed === undefined) this.cells.delete(key);
  }
}

function read<Row>({ committed, pending, holder }: Cell<Row>, session: Session): Row | undefined {
  if (holder !== session || pending === undefined) return committed;
  return pending ?? undefined;
}
