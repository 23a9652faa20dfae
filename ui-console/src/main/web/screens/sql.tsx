import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { SqlEditor } from "../editor.ts";
import { count, rate } from "../format.ts";
import { topics } from "../live.ts";
import { setParams, useAddress } from "../nav.tsx";
import { Announced, Empty, Icon } from "../parts.tsx";
import { explained, isRepeatable, QueryRun } from "../query.ts";
import { cellText, isNumeric, type Change, type Column, type GridRow } from "../results.ts";
import { sqlName } from "../sqltext.ts";
import { SqlSession } from "../sqlsession.ts";
import { useRedraw, useStore } from "../store.ts";
import { sortTopics } from "../topiclist.ts";
import { VirtualRows } from "../virtual.tsx";

const HISTORY = 30;

/** Queries that work here and now: on the topic in which most is going on. */
function examples(): string[] {
  const list = sortTopics([...(topics.get().byName?.values() ?? [])].filter((topic) => !topic.internal), "recordsPerSecond", true);
  const busiest = list.find((topic) => topic.records > 0) ?? list[0];
  const name = busiest ? sqlName(busiest.name) : null;
  return name === null ? ["SHOW TOPICS;"] : [`SELECT * FROM ${name} EMIT CHANGES;`, `SELECT COUNT(*) FROM ${name};`, "SHOW TOPICS;"];
}

export function SqlScreen(): JSX.Element {
  const { params } = useAddress();
  const redraw = useRedraw();
  const box = useRef<HTMLDivElement>(null);
  const editor = useRef<SqlEditor | null>(null);
  const session = useRef<SqlSession | null>(null);
  const [run, setRun] = useState<QueryRun | null>(null);
  const [changelog, setChangelog] = useState(false);
  const [ready, setReady] = useState(false);
  const current = useRef<QueryRun | null>(null);
  const known = useStore(topics).byName !== null;
  // Once: a button must not move away under the pointer.
  const shownExamples = useMemo(() => (known ? examples() : []), [known]);

  const start = (query: string, address: string): void => {
    if (query.trim() === "") return;
    current.current?.stop();
    editor.current?.showError(null);
    remember(address);
    setParams({ q: address, run: null });
    session.current ??= new SqlSession();
    const next = new QueryRun(session.current, query, redraw);
    current.current = next;
    setRun(next);
    setChangelog(false);
  };
  const runAll = (): void => start(editor.current?.toRun() ?? "", editor.current?.text() ?? "");
  const explain = (): void => start(explained(editor.current?.toRun() ?? ""), editor.current?.text() ?? "");

  useEffect(() => {
    let gone = false;
    let stopWatching = (): void => undefined;
    // The editor is the largest part of the page: only who comes here pays for it.
    void import("../editor.ts").then(({ createEditor }) => {
      if (gone || !box.current) return;
      const made = createEditor(box.current, params.get("q") ?? remembered()[0] ?? "", runAll);
      editor.current = made;
      setReady(true);
      let known = "";
      const tell = (): void => {
        const names = [...(topics.get().byName?.keys() ?? [])].filter((name) => !name.startsWith("__"));
        if (names.join() !== known) made.setTopics(names);
        known = names.join();
      };
      tell();
      stopWatching = topics.watch(tell);
      made.focus();
      // A link may ask to be run; but nothing that changes something happens by following a link.
      if (params.get("run") === "1" && isRepeatable(made.text())) runAll();
    });
    const timer = setInterval(redraw, 1000);
    return () => {
      gone = true;
      clearInterval(timer);
      stopWatching();
      current.current?.stop();
      session.current?.close();
      editor.current?.destroy();
    };
  }, []);

  useEffect(() => {
    if (run?.error) editor.current?.showError(run.error);
  }, [run?.error]);

  return (
    <div class="screen sql">
      <div class="head">
        <h1>SQL</h1>
        <span class="grow" />
        <RecentQueries pick={(text) => { editor.current?.setText(text); editor.current?.focus(); }} />
      </div>
      <div class="editor" ref={box} />
      <div class="toolbar">
        <button type="button" class="primary" onClick={runAll} disabled={!ready} title="Ctrl-Enter"><Icon name="play" />Run</button>
        <button type="button" onClick={explain} disabled={!ready}>Explain</button>
        <button type="button" onClick={() => run?.stop()} disabled={!run?.live}><Icon name="stop" />Stop</button>
        <span class="muted hint"><kbd>Ctrl</kbd> <kbd>Enter</kbd> runs the selection or everything</span>
        <span class="grow" />
        {run ? <RunFacts run={run} changelog={changelog} setChangelog={setChangelog} /> : null}
      </div>
      {run ? <Result run={run} changelog={changelog} /> : (
        <Empty title="Ask the live topics">
          A query with EMIT CHANGES goes on as records arrive; without it, it reads up to now and ends.
          <span class="examples">
            {shownExamples.map((text) => <button type="button" disabled={!ready} onClick={() => { editor.current?.setText(text); editor.current?.focus(); }}><code>{text}</code></button>)}
          </span>
        </Empty>
      )}
    </div>
  );
}

function RunFacts(props: { run: QueryRun; changelog: boolean; setChangelog: (on: boolean) => void }): JSX.Element {
  const { run } = props;
  const words = { running: "Running", done: "Done", stopped: "Stopped", failed: "Failed", lost: "Reconnecting" }[run.state];
  const seconds = ((run.endedAtMs || Date.now()) - run.startedAtMs) / 1000;
  const perSecond = run.meter.perSecond(Date.now());
  return (
    <span class="facts">
      {run.grid.dropped > 0 ? <span class="note">{count(run.grid.dropped)} older rows dropped</span> : null}
      {run.columns.length > 0 && plainText(run) === null ? <span><b>{count(run.grid.size)}</b> {run.grid.size === 1 ? "row" : "rows"}</span> : null}
      {run.live ? <span><b>{rate(perSecond)}</b> changes/s</span> : <span>{seconds.toFixed(seconds < 10 ? 2 : 0)} s</span>}
      <span class={`state state-${run.state}`} role="status"><span class="dot" aria-hidden="true" />{words}</span>
      <Announced text={`${words}, ${run.grid.size} rows`} />
      {run.grid.updating ? (
        <span class="segmented" role="group" aria-label="Show">
          <button type="button" aria-pressed={!props.changelog} onClick={() => props.setChangelog(false)}>rows</button>
          <button type="button" aria-pressed={props.changelog} onClick={() => props.setChangelog(true)}>changelog</button>
        </span>
      ) : null}
    </span>
  );
}

function Result(props: { run: QueryRun; changelog: boolean }): JSX.Element {
  const { run } = props;
  const text = plainText(run);
  return (
    <>
      {run.error ? (
        <div class="failure" role="alert"><Icon name="warn" />
          <span>{run.error.line !== undefined ? <b>Line {run.error.line}{run.error.column !== undefined ? `, column ${run.error.column}` : ""}: </b> : null}{run.error.message}</span>
        </div>
      ) : null}
      {text !== null ? <pre class="answer" tabIndex={0} aria-label="Answer">{text}</pre>
        : run.columns.length > 0 ? (props.changelog ? <ChangelogGrid run={run} /> : <RowsGrid run={run} />)
        : null}
    </>
  );
}

/** Answers that are text rather than rows: messages, topologies, a single cell of several lines. */
function plainText(run: QueryRun): string | null {
  if (run.columns.length === 0) return run.messages.length > 0 ? run.messages.join("\n") : null;
  const cell = run.grid.size === 1 && run.columns.length === 1 ? run.grid.rows()[0]?.cells[0] : undefined;
  return typeof cell === "string" && cell.includes("\n") ? cell : null;
}

function RowsGrid(props: { run: QueryRun }): JSX.Element {
  const { run } = props;
  const rows = run.grid.rows();
  const nowMs = Date.now();
  // A running stream shows its newest rows on top; a table and a finished answer keep their order.
  const newestFirst = run.live && !run.grid.updating;
  const widths = columnWidths(run.columns);
  const at = (i: number): GridRow => rows[newestFirst ? rows.length - 1 - i : i]!;
  return (
    <VirtualRows
      class="result" label="Result" columns={run.columns.length} count={rows.length} rowHeight={28} shifted={newestFirst ? run.grid.received : 0}
      header={<Heads run={run} />}
      row={(i) => {
        const row = at(i);
        const flash = nowMs - row.changedAtMs < 900;
        return (
          <div key={flash ? `${row.id} ${row.changedAtMs}` : String(row.id)} class="row" role="row" aria-rowindex={i + 2} style={{ gridTemplateColumns: widths }}>
            {run.columns.map((column, c) => (
              <ValueCell value={row.cells[c]} numeric={isNumeric(column.type)} flash={flash && row.before !== undefined && cellText(row.before[c]) !== cellText(row.cells[c])} />
            ))}
          </div>
        );
      }}
      empty={<p class="muted">{run.live ? "Waiting for rows …" : "No rows"}</p>}
    />
  );
}

function ChangelogGrid(props: { run: QueryRun }): JSX.Element {
  const { run } = props;
  const widths = `32px ${columnWidths(run.columns)}`;
  return (
    <VirtualRows
      class="result changelog" label="Changelog" columns={run.columns.length + 1} count={run.grid.changes.length} rowHeight={28} shifted={run.grid.received}
      header={<Heads run={run} op />}
      row={(i) => {
        const change = run.grid.changes.fromNewest(i) as Change;
        const number = run.grid.received - i;
        return (
          <div key={number} class={`row op${change.op[0] === "+" ? "-in" : "-out"}`} role="row" aria-rowindex={i + 2} style={{ gridTemplateColumns: widths }}>
            <div role="gridcell" class="op">{change.op}</div>
            {run.columns.map((column, c) => <ValueCell value={change.row[c]} numeric={isNumeric(column.type)} />)}
          </div>
        );
      }}
    />
  );
}

function Heads(props: { run: QueryRun; op?: boolean }): JSX.Element {
  return (
    <div class="row" role="row" style={{ gridTemplateColumns: `${props.op ? "32px " : ""}${columnWidths(props.run.columns)}` }}>
      {props.op ? <div role="columnheader" class="op">Op</div> : null}
      {props.run.columns.map((column) => (
        <div role="columnheader" class={isNumeric(column.type) ? "num" : ""} title={column.type}>{column.name} <span class="muted">{column.type.toLowerCase()}</span></div>
      ))}
    </div>
  );
}

/** Numbers narrow, text wider, and what is left over goes to the last text or to nobody. */
function columnWidths(columns: readonly Column[]): string {
  return columns
    .map((column, c) => (isNumeric(column.type) ? "minmax(96px, 160px)" : c === columns.length - 1 ? "minmax(160px, 1fr)" : "minmax(120px, 320px)"))
    .join(" ");
}

function ValueCell(props: { value: unknown; numeric: boolean; flash?: boolean }): JSX.Element {
  const text = cellText(props.value);
  return (
    <div role="gridcell" class={props.value == null ? "null" : props.numeric ? "num" : ""} title={text.length > 60 ? text : undefined}>
      {props.flash ? <span class="flash">{text}</span> : text}
    </div>
  );
}

function RecentQueries(props: { pick: (text: string) => void }): JSX.Element | null {
  const list = remembered();
  if (list.length === 0) return null;
  return (
    <label><span class="sr-only">Recent queries</span>
      <select value="" onChange={(event) => { props.pick(list[Number(event.currentTarget.value)] ?? ""); event.currentTarget.value = ""; }}>
        <option value="" disabled>Recent</option>
        {list.map((text, i) => <option value={String(i)}>{text.replace(/\s+/g, " ").slice(0, 80)}</option>)}
      </select>
    </label>
  );
}

function remembered(): string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem("queries") ?? "[]");
    return Array.isArray(list) ? list.filter((entry): entry is string => typeof entry === "string") : [];
  } catch {
    return [];
  }
}

function remember(query: string): void {
  const list = [query, ...remembered().filter((entry) => entry !== query)].slice(0, HISTORY);
  localStorage.setItem("queries", JSON.stringify(list));
}
