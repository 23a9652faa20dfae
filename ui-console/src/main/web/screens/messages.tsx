import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { getJson, topicApi, type Rec, type RecordsPage } from "../api.ts";
import { Feed, matches, type FeedStart } from "../feed.ts";
import { count, dateTime, rate, timeOfDay } from "../format.ts";
import { setParams, useAddress } from "../nav.tsx";
import { Announced, Cell, CopyButton, Empty, Failure, FullValue, Icon } from "../parts.tsx";
import { ProduceButton } from "./produce.tsx";
import { useRedraw } from "../store.ts";
import { VirtualRows } from "../virtual.tsx";

export function MessagesView(props: { topic: string; partitions: number }): JSX.Element {
  const { topic } = props;
  const { params } = useAddress();
  const redraw = useRedraw();
  const from = (params.get("from") ?? "live") as FeedStart["from"];
  const partition = params.get("partition") ?? "";
  const offset = params.get("offset") ?? "";
  const timestamp = params.get("timestamp") ?? "";
  const search = (params.get("find") ?? "").toLowerCase();
  const ready = from === "live" || from === "beginning" || (from === "offset" && offset !== "") || (from === "timestamp" && timestamp !== "");
  const [feed, setFeed] = useState<Feed | null>(null);
  const [selected, setSelected] = useState<Rec | null>(null);

  useEffect(() => {
    if (!ready) return;
    const start: FeedStart = from === "offset" ? { from, offset } : from === "timestamp" ? { from, timestamp } : { from };
    const opened = new Feed(topic, start, partition, redraw);
    setFeed(opened);
    const timer = setInterval(redraw, 1000); // the rate falls without events too
    return () => {
      clearInterval(timer);
      opened.close();
    };
  }, [topic, from, partition, from === "offset" ? offset : "", from === "timestamp" ? timestamp : ""]);

  useLinkedRecord(topic, params.get("record"), setSelected);

  const found: Rec[] | null = search !== "" && feed ? filtered(feed, search) : null;
  const length = found ? found.length : feed?.length ?? 0;
  const at = (i: number): Rec | undefined => (found ? found[i] : feed?.at(i));
  const isSelected = (record: Rec | undefined): boolean =>
    record !== undefined && selected !== null && record.offset === selected.offset && record.partition === selected.partition;
  const select = (record: Rec | undefined): void => {
    if (!record) return;
    setSelected(record);
    setParams({ record: `${record.partition}:${record.offset}` });
  };
  const unselect = (): void => {
    setSelected(null);
    setParams({ record: null });
  };
  let current = -1;
  if (selected) for (let i = 0; i < Math.min(length, 2_000); i++) if (isSelected(at(i))) { current = i; break; }

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") select(at(Math.min(current + 1, length - 1)));
    else if (event.key === "ArrowUp") select(at(Math.max(current - 1, 0)));
    else if (event.key === "Escape") unselect();
    else if (event.key === " " && feed?.newestFirst) feed.setPaused(!feed.paused);
    else return;
    event.preventDefault();
  };
  const perSecond = feed ? feed.meter.perSecond(Date.now()) : 0;

  return (
    <>
      <div class="toolbar">
        <label><span class="label">From</span>
          <select aria-label="From" value={from} onChange={(event) => setParams({ from: event.currentTarget.value === "live" ? null : event.currentTarget.value, offset: null, timestamp: null, record: null })}>
            <option value="live">now, live</option>
            <option value="beginning">the beginning</option>
            <option value="offset">an offset</option>
            <option value="timestamp">a time</option>
          </select>
        </label>
        {from === "offset" ? <label><span class="sr-only">Offset</span><input type="number" min="0" placeholder="Offset" value={offset} onChange={(event) => setParams({ offset: event.currentTarget.value })} /></label> : null}
        {from === "timestamp" ? <label><span class="sr-only">Time</span><input type="datetime-local" step="1" value={localTime(timestamp)} onChange={(event) => setParams({ timestamp: String(new Date(event.currentTarget.value).getTime()) })} /></label> : null}
        <label><span class="label">Partition</span>
          <select aria-label="Partition" value={partition} onChange={(event) => setParams({ partition: event.currentTarget.value })}>
            <option value="">all</option>
            {Array.from({ length: props.partitions }, (_, i) => <option value={String(i)}>{i}</option>)}
          </select>
        </label>
        <label class="search"><Icon name="search" /><span class="sr-only">Find in what is loaded</span>
          <input type="search" placeholder="Find in loaded messages" value={params.get("find") ?? ""} onInput={(event) => setParams({ find: event.currentTarget.value })} spellcheck={false} />
        </label>
        <span class="grow" />
        {feed?.newestFirst ? <LiveState feed={feed} perSecond={perSecond} /> : null}
        <ProduceButton topic={topic} partitions={props.partitions} />
      </div>
      {feed?.failure ? <Failure message={feed.failure} /> : null}
      <div class={selected ? "split open" : "split"}>
        <VirtualRows
          key={`${from} ${partition} ${offset} ${timestamp}`} class="messages" label={`Messages of ${topic}`} columns={5} count={length} rowHeight={28}
          shifted={found ? 0 : feed?.shifted ?? 0}
          onNearEnd={() => void feed?.more()} onKeyDown={onKeyDown}
          active={current >= 0 ? `message-${current}` : undefined}
          header={
            <div class="row" role="row">
              <div role="columnheader">Time</div><div role="columnheader" class="num">Part.</div><div role="columnheader" class="num">Offset</div>
              <div role="columnheader">Key</div><div role="columnheader">Value</div>
            </div>
          }
          row={(i) => {
            const record = at(i);
            if (!record) return null;
            return (
              <div key={`${record.partition}:${record.offset}`} id={`message-${i}`} class={isSelected(record) ? "row selected" : "row"} role="row" aria-rowindex={i + 2} aria-selected={isSelected(record)} onClick={() => select(record)}>
                <div role="gridcell" class="muted" title={dateTime(record.timestamp)}>{timeOfDay(record.timestamp)}</div>
                <div role="gridcell" class="num muted">{record.partition}</div>
                <div role="gridcell" class="num muted">{record.offset}</div>
                <div role="gridcell"><Cell value={record.key} /></div>
                <div role="gridcell"><Cell value={record.value} /></div>
              </div>
            );
          }}
          empty={
            !ready ? <p class="muted">Say where to begin.</p>
            : feed === null || feed.state === "loading" ? <p class="muted">Reading …</p>
            : search !== "" ? <Empty title="Nothing loaded matches" />
            : feed.newestFirst ? <Empty title="No messages yet" command={`echo '{"hello":"world"}' | ./millrace produce ${topic}`}>The first one appears here as it arrives.</Empty>
            : <Empty title="No messages from there on" />
          }
        />
        {selected ? <RecordPane topic={topic} record={selected} onClose={unselect} /> : null}
      </div>
    </>
  );
}

function LiveState(props: { feed: Feed; perSecond: number }): JSX.Element {
  const { feed } = props;
  const words = feed.paused ? "Paused" : feed.state === "live" ? "Live" : feed.state === "lost" ? "Reconnecting" : "Reading";
  return (
    <>
      <span class="facts">
        {feed.dropped > 0 ? <span class="note" title="Left out so that the list keeps up">{count(feed.dropped)} dropped</span> : null}
        {feed.paused && feed.waiting > 0 ? <span>{count(feed.waiting)} waiting</span> : null}
        <span><b>{rate(props.perSecond)}</b> /s</span>
        <span class={`state state-${feed.paused ? "paused" : feed.state}`}><span class="dot" aria-hidden="true" />{words}</span>
      </span>
      <Announced text={`${words}, ${rate(props.perSecond)} messages per second`} />
      <button type="button" aria-pressed={feed.paused} onClick={() => feed.setPaused(!feed.paused)}>
        <Icon name={feed.paused ? "play" : "pause"} />{feed.paused ? "Resume" : "Pause"}
      </button>
    </>
  );
}

function RecordPane(props: { topic: string; record: Rec; onClose: () => void }): JSX.Element {
  const { record } = props;
  const link = (): string => `${location.origin}/topics/${encodeURIComponent(props.topic)}/messages?from=offset&offset=${record.offset}&partition=${record.partition}&record=${record.partition}:${record.offset}`;
  return (
    <aside class="pane" aria-label="Message">
      <header>
        <h2>Offset {count(record.offset)} <span class="muted">partition {record.partition}</span></h2>
        <span class="grow" />
        <CopyButton what="link" text={link} />
        <button type="button" class="quiet" aria-label="Close message" onClick={props.onClose}><Icon name="close" /></button>
      </header>
      <p class="muted">{dateTime(record.timestamp)} <span class="badge">{record.timestampType === "LogAppendTime" ? "log append time" : "create time"}</span></p>
      <FullValue title="Key" value={record.key} />
      <FullValue title="Value" value={record.value} />
      {record.headers.length > 0 ? (
        <section class="full-value">
          <header><h3>Headers</h3></header>
          <table><tbody>{record.headers.map((header) => <tr><th scope="row">{header.key}</th><td><Cell value={header.value} /></td></tr>)}</tbody></table>
        </section>
      ) : null}
    </aside>
  );
}

/** A link to one record opens it, wherever the list is. */
function useLinkedRecord(topic: string, linked: string | null, show: (record: Rec) => void): void {
  useEffect(() => {
    const [partition, offset] = linked?.split(":") ?? [];
    if (partition === undefined || offset === undefined) return;
    getJson<RecordsPage>(topicApi(topic, `/records?from=offset&offset=${encodeURIComponent(offset)}&partition=${encodeURIComponent(partition)}&limit=1&maxBytes=1048576`))
      .then((page) => {
        const record = page.records[0];
        if (record && String(record.offset) === offset) show(record);
      }, () => undefined); // a record that is gone opens nothing
  }, [topic]);
}

function filtered(feed: Feed, search: string): Rec[] {
  const found: Rec[] = [];
  for (let i = 0; i < feed.length; i++) {
    const record = feed.at(i);
    if (record && matches(record, search)) found.push(record);
  }
  return found;
}

function localTime(timestamp: string): string {
  const ms = Number(timestamp);
  return timestamp === "" || Number.isNaN(ms) ? "" : dateTime(ms).slice(0, 19).replace(" ", "T");
}
