// What a query's changes amount to: the rows as they are now, and the list of changes.
import { Ring } from "./ring.ts";

export type Op = "+I" | "-U" | "+U" | "-D";
export interface Column {
  name: string;
  type: string;
}
export interface Change {
  op: Op;
  row: unknown[];
}
export interface GridRow {
  id: number;
  cells: unknown[];
  /** When it last changed after its first appearance; 0 = never. */
  changedAtMs: number;
  /** Its cells before that change. */
  before?: unknown[];
}

/**
 * Applies +I, -U/+U and -D. Rows carry no key, so an update finds its row by the old contents that
 * its -U repeats; equal rows are interchangeable. A +U without its -U falls back to the row with the
 * same first column. Beyond `maxRows` the oldest row leaves and is counted.
 */
export class ResultGrid {
  readonly changes: Ring<Change>;
  private readonly maxRows: number;
  private readonly rowsById = new Map<number, GridRow>();
  private readonly idsByText = new Map<string, number[]>();
  private readonly awaiting: GridRow[] = [];
  private nextId = 1;
  dropped = 0;
  received = 0;
  /** True as soon as a row was changed or deleted: the result is a table, not a stream. */
  updating = false;

  constructor(maxRows = 10_000, maxChanges = 10_000) {
    this.maxRows = maxRows;
    this.changes = new Ring<Change>(maxChanges);
  }

  get size(): number {
    return this.rowsById.size;
  }

  rows(): GridRow[] {
    return [...this.rowsById.values()];
  }

  apply(changes: readonly Change[], nowMs: number): void {
    for (const change of changes) {
      this.received++;
      this.changes.push(change);
      switch (change.op) {
        case "+I":
          this.insert(change.row);
          break;
        case "-U": {
          this.updating = true;
          const row = this.find(change.row);
          if (row) {
            this.unindex(row);
            this.awaiting.push(row);
          }
          break;
        }
        case "+U":
          this.updating = true;
          this.update(change.row, nowMs);
          break;
        case "-D": {
          this.updating = true;
          const row = this.find(change.row);
          if (row) this.remove(row);
          break;
        }
      }
    }
  }

  private insert(cells: unknown[]): void {
    const row: GridRow = { id: this.nextId++, cells, changedAtMs: 0 };
    this.rowsById.set(row.id, row);
    this.index(row);
    if (this.rowsById.size > this.maxRows) {
      const oldest = this.rowsById.values().next().value!;
      this.remove(oldest);
      this.dropped++;
    }
  }

  private update(cells: unknown[], nowMs: number): void {
    const key = JSON.stringify(cells[0]);
    let at = this.awaiting.findIndex((row) => JSON.stringify(row.cells[0]) === key);
    if (at < 0 && this.awaiting.length > 0) at = 0;
    let old: GridRow | undefined;
    if (at >= 0) {
      old = this.awaiting.splice(at, 1)[0];
    } else {
      old = this.rows().find((row) => JSON.stringify(row.cells[0]) === key);
      if (old) this.unindex(old);
    }
    if (!old || !this.rowsById.has(old.id)) {
      this.insert(cells);
      return;
    }
    const row: GridRow = { id: old.id, cells, changedAtMs: nowMs, before: old.cells };
    this.rowsById.set(row.id, row);
    this.index(row);
  }

  private find(cells: unknown[]): GridRow | undefined {
    const ids = this.idsByText.get(JSON.stringify(cells));
    return ids && ids.length > 0 ? this.rowsById.get(ids[0]!) : undefined;
  }

  private remove(row: GridRow): void {
    this.unindex(row);
    this.rowsById.delete(row.id);
  }

  private index(row: GridRow): void {
    const text = JSON.stringify(row.cells);
    const ids = this.idsByText.get(text);
    if (ids) ids.push(row.id);
    else this.idsByText.set(text, [row.id]);
  }

  private unindex(row: GridRow): void {
    const text = JSON.stringify(row.cells);
    const ids = this.idsByText.get(text);
    if (!ids) return;
    const at = ids.indexOf(row.id);
    if (at >= 0) ids.splice(at, 1);
    if (ids.length === 0) this.idsByText.delete(text);
  }
}

/** A cell as text: JSON for structures, NULL for null, everything else as it is. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Numbers are set right, like in a ledger. */
export function isNumeric(type: string): boolean {
  return /^(TINYINT|SMALLINT|INT|INTEGER|BIGINT|FLOAT|REAL|DOUBLE|DECIMAL|NUMERIC)/i.test(type);
}
