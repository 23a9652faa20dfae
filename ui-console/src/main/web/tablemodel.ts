import type { TableRow } from "./api.ts";

/** The rows of a table view by key, in the order in which the keys came. */
export class TableModel {
  readonly rows = new Map<string, TableRow>();
  /** When a key changed after the table was complete. */
  readonly changedAtMs = new Map<string, number>();
  withoutKey = 0;
  evicted = 0;
  updates = 0;

  reset(): void {
    this.rows.clear();
    this.changedAtMs.clear();
  }

  add(rows: readonly TableRow[]): void {
    for (const row of rows) this.rows.set(row.id, row);
  }

  change(upserts: readonly TableRow[], deletes: readonly string[], nowMs: number): void {
    for (const row of upserts) {
      this.rows.set(row.id, row);
      this.changedAtMs.set(row.id, nowMs);
    }
    for (const id of deletes) {
      this.rows.delete(id);
      this.changedAtMs.delete(id);
    }
  }

  /** By key text; numbers by their value. */
  sorted(by: TableSort, find: string): TableRow[] {
    const wanted = find.toLowerCase();
    const list = [...this.rows.values()].filter((row) =>
      wanted === ""
      || (row.key.text ?? "").toLowerCase().includes(wanted)
      || (row.value.text ?? "").toLowerCase().includes(wanted));
    const text = (row: TableRow, of: "key" | "value"): string => row[of].text ?? "";
    switch (by) {
      case "key":
        return list.sort((a, b) => compare(text(a, "key"), text(b, "key")));
      case "value":
        return list.sort((a, b) => -compare(text(a, "value"), text(b, "value")));
      case "changed":
        return list.sort((a, b) => b.timestamp - a.timestamp || compare(text(a, "key"), text(b, "key")));
    }
  }
}

export type TableSort = "key" | "value" | "changed";

function compare(a: string, b: string): number {
  const left = Number(a);
  const right = Number(b);
  if (a !== "" && b !== "" && !Number.isNaN(left) && !Number.isNaN(right)) return left - right;
  return a < b ? -1 : a > b ? 1 : 0;
}
