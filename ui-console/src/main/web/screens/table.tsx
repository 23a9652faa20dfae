import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { topicApi, type TableRow } from "../api.ts";
import { ago, count, dateTime, rate } from "../format.ts";
import { setParams, useAddress } from "../nav.tsx";
import { Announced, Cell, Empty, Failure, FullValue, Icon } from "../parts.tsx";
import { RateMeter } from "../rates.ts";
import { useRedraw } from "../store.ts";
import { follow } from "../stream.ts";
import { TableModel, type TableSort } from "../tablemodel.ts";
import { VirtualRows } from "../virtual.tsx";

const FLASH_MS = 900;

interface View {
  model: TableModel;
  meter: RateMeter;
  state: "reading" | "live" | "lost";
  read: number;
  total: number;
  failure: string | null;
}

export function TableView(props: { topic: string }): JSX.Element {
  const { params } = useAddress();
  const redraw = useRedraw();
  const [view, setView] = useState<View>(newView);
  const [selected, setSelected] = useState<string | null>(null);
  const find = params.get("find") ?? "";
  const sort = (params.get("sort") ?? "key") as TableSort;

  useEffect(() => {
    const opened = newView();
    setView(opened);
    const { model } = opened;
    const close = follow({
      url: () => topicApi(props.topic, "/table"),
      on: {
        progress(event: { read: number; total: number }) {
          opened.state = "reading";
          opened.read = event.read;
          opened.total = event.total;
          redraw();
        },
        rows(event: { rows: TableRow[] }) {
          // The first rows after a reconnect replace everything: deletes may have been missed.
          if (opened.state !== "reading") model.reset();
          opened.state = "reading";
          model.add(event.rows);
          redraw();
        },
        reset() {
          opened.state = "reading";
          model.reset();
        },
        live(event: { keys: number; withoutKey: number; evicted: number }) {
          if (event.keys === 0) model.reset();
          opened.state = "live";
          opened.failure = null;
          model.withoutKey = event.withoutKey;
          model.evicted = event.evicted;
          redraw();
        },
        changes(event: { upserts: TableRow[]; deletes: string[]; updates: number; withoutKey: number; evicted: number }) {
          const nowMs = Date.now();
          model.change(event.upserts, event.deletes, nowMs);
          model.withoutKey = event.withoutKey;
          model.evicted = event.evicted;
          opened.meter.add(event.upserts.length + event.deletes.length, nowMs);
          redraw();
        },
        failed(event: { error: { message: string } }) {
          opened.failure = event.error.message;
          redraw();
        },
      },
      onState(state) {
        if (state === "lost") opened.state = "lost";
        redraw();
      },
    });
    const timer = setInterval(redraw, 1000);
    return () => {
      clearInterval(timer);
      close();
    };
  }, [props.topic]);

  const nowMs = Date.now();
  const rows = view.model.sorted(sort, find);
  const perSecond = view.meter.perSecond(nowMs);
  const words = view.state === "live" ? "Live" : view.state === "lost" ? "Reconnecting" : "Reading history";
  const at = rows.findIndex((row) => row.id === selected);
  const detail = at >= 0 ? rows[at] : undefined;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") setSelected(rows[Math.min(at + 1, rows.length - 1)]?.id ?? null);
    else if (event.key === "ArrowUp") setSelected(rows[Math.max(at - 1, 0)]?.id ?? null);
    else if (event.key === "Escape") setSelected(null);
    else return;
    event.preventDefault();
  };

  return (
    <>
      <div class="toolbar">
        <label class="search"><Icon name="search" /><span class="sr-only">Find keys or values</span>
          <input type="search" placeholder="Find keys or values" value={find} onInput={(event) => setParams({ find: event.currentTarget.value })} spellcheck={false} />
        </label>
        <label><span class="label">Sort by</span>
          <select aria-label="Sort by" value={sort} onChange={(event) => setParams({ sort: event.currentTarget.value === "key" ? null : event.currentTarget.value })}>
            <option value="key">key</option><option value="value">value, largest first</option><option value="changed">last change</option>
          </select>
        </label>
        <span class="grow" />
        <span class="facts">
          {view.model.withoutKey > 0 ? <span class="note" title="A table has one row per key">{count(view.model.withoutKey)} records without key</span> : null}
          {view.model.evicted > 0 ? <span class="note" title="The least recently changed keys left the view">{count(view.model.evicted)} keys beyond the limit</span> : null}
          <span><b>{count(rows.length)}</b> keys</span>
          <span><b>{rate(perSecond)}</b> changes/s</span>
          <span class={`state state-${view.state}`}><span class="dot" aria-hidden="true" />{words}{view.state === "reading" && view.total > 0 ? ` ${Math.floor((100 * view.read) / view.total)} %` : ""}</span>
        </span>
        <Announced text={`${words}, ${rows.length} keys`} />
      </div>
      {view.failure ? <Failure message={view.failure} /> : null}
      <div class={detail ? "split open" : "split"}>
        <VirtualRows
          class="keyed" label={`Table of ${props.topic}`} columns={4} count={rows.length} rowHeight={28} onKeyDown={onKeyDown}
          active={at >= 0 ? `key-${at}` : undefined}
          header={
            <div class="row" role="row">
              <div role="columnheader">Key</div><div role="columnheader">Value</div><div role="columnheader" class="num">Changed</div><div role="columnheader" class="num">At</div>
            </div>
          }
          row={(i) => {
            const row = rows[i]!;
            const changed = view.model.changedAtMs.get(row.id) ?? 0;
            const flash = nowMs - changed < FLASH_MS;
            return (
              // A new key for each change starts the flash anew.
              <div key={flash ? `${row.id} ${row.partition}:${row.offset}` : row.id} id={`key-${i}`} role="row" aria-rowindex={i + 2} aria-selected={row.id === selected}
                class={row.id === selected ? "row selected" : "row"} onClick={() => setSelected(row.id)}>
                <div role="gridcell" class="key"><Cell value={row.key} /></div>
                <div role="gridcell"><span class={flash ? "flash" : ""}><Cell value={row.value} /></span></div>
                <div role="gridcell" class="num muted" title={dateTime(row.timestamp)}>{ago(row.timestamp, nowMs)}</div>
                <div role="gridcell" class="num muted">{row.partition}:{row.offset}</div>
              </div>
            );
          }}
          empty={
            view.state === "reading" ? <p class="muted">Reading history …</p>
            : find !== "" ? <Empty title="No key matches" />
            : <Empty title="No keys yet" command={`echo 'alice:{"score":1}' | ./millrace produce ${props.topic} --key-separator :`}>The latest value of each key appears here, and changes in place.</Empty>
          }
        />
        {detail ? (
          <aside class="pane" aria-label="Row">
            <header><h2>Row</h2><span class="grow" /><button type="button" class="quiet" aria-label="Close row" onClick={() => setSelected(null)}><Icon name="close" /></button></header>
            <p class="muted">{dateTime(detail.timestamp)} · partition {detail.partition}, offset {count(detail.offset)}</p>
            <FullValue title="Key" value={detail.key} />
            <FullValue title="Value" value={detail.value} />
          </aside>
        ) : null}
      </div>
    </>
  );
}

function newView(): View {
  return { model: new TableModel(), meter: new RateMeter(), state: "reading", read: 0, total: 0, failure: null };
}
