import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { postJson } from "../api.ts";
import { Link } from "../nav.tsx";
import { Empty, Failure, Icon } from "../parts.tsx";
import { cellText, type Column } from "../results.ts";
import { topicPath } from "../routes.ts";
import { sqlName } from "../sqltext.ts";

interface Answer {
  columns?: Column[];
  rows?: unknown[][];
  message?: string;
}
const INTERVAL_MS = 2_000;

function QueryCell(props: { name: string; text: string; id: boolean }): JSX.Element {
  const { text } = props;
  if (text === "") return <span class="muted">–</span>;
  if (props.id) return <code>{text}</code>;
  if (/^(writes|sink)$/i.test(props.name)) return <Link to={topicPath(text, "table")}>{text}</Link>;
  if (/^state$/i.test(props.name)) return <span class={`state state-${text.toLowerCase()}`}><span class="dot" aria-hidden="true" />{text.toLowerCase()}</span>;
  return /\s/.test(text) ? <code class="clamp">{text}</code> : <>{text}</>;
}

export function QueriesScreen(): JSX.Element {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const [asked, setAsked] = useState<string | null>(null);
  const dialog = useRef<HTMLDialogElement>(null);

  const load = (): void => {
    postJson<Answer>("/sql", { query: "SHOW QUERIES;" }).then(
      (got) => { setAnswer(got); setFailure(null); },
      (problem: Error) => setFailure(problem.message));
  };
  useEffect(() => {
    load();
    const timer = setInterval(() => { if (document.visibilityState === "visible") load(); }, INTERVAL_MS);
    return () => clearInterval(timer);
  }, []);

  const columns = answer?.columns ?? [];
  const rows = answer?.rows ?? [];
  const idColumn = Math.max(0, columns.findIndex((column) => /^(id|query_?id|query|name)$/i.test(column.name)));

  const terminate = (id: string): void => {
    dialog.current?.close();
    postJson<Answer>("/sql", { query: `TERMINATE ${sqlName(id)};` }).then(
      (got) => { setSaid(got.message ?? `${id} is terminated.`); load(); },
      (problem: Error) => setSaid(problem.message));
  };

  return (
    <div class="screen">
      <div class="head">
        <h1>Queries</h1>
        {answer ? <p class="facts"><span><b>{rows.length}</b> persistent</span></p> : null}
        <span class="grow" />
        <button type="button" onClick={load}><Icon name="refresh" />Refresh</button>
      </div>
      <p class="said" role="status">{said}</p>
      {failure ? <Failure message={failure} retry={load} /> : null}
      {rows.length > 0 ? (
        <div class="scroll" tabIndex={0} role="region" aria-label="Queries">
          <table>
            <thead><tr>{columns.map((column) => <th scope="col">{column.name.toLowerCase().replaceAll("_", " ")}</th>)}<th scope="col"><span class="sr-only">Actions</span></th></tr></thead>
            <tbody>
              {rows.map((row) => {
                const id = cellText(row[idColumn]);
                return (
                  <tr key={id}>
                    {columns.map((column, c) => <td><QueryCell name={column.name} text={row[c] === null ? "" : cellText(row[c])} id={c === idColumn} /></td>)}
                    <td class="num actions"><Link to={`/sql?q=${encodeURIComponent(`EXPLAIN ${sqlName(id)};`)}&run=1`} class="as-button">Explain</Link> <button type="button" onClick={() => { setAsked(id); dialog.current?.showModal(); }} aria-label={`Terminate ${id}`}>Terminate</button></td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      ) : answer ? (
        <Empty title="No persistent queries" command={"CREATE TABLE word_counts AS\n  SELECT word, COUNT(*) AS n FROM words GROUP BY word\n  EMIT CHANGES;"}>
          One that is created with CREATE … AS SELECT runs here until it is terminated.
        </Empty>
      ) : null}
      <dialog ref={dialog} class="form" aria-labelledby="terminate-title">
        <h2 id="terminate-title">Terminate {asked}?</h2>
        <p>It stops for good. What it wrote stays in its topic.</p>
        <footer><span class="grow" /><button type="button" onClick={() => dialog.current?.close()}>Keep it running</button><button type="button" class="danger" onClick={() => asked !== null && terminate(asked)}>Terminate</button></footer>
      </dialog>
    </div>
  );
}
