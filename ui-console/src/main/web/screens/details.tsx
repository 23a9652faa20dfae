import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { TopicDetails } from "../api.ts";
import { count } from "../format.ts";
import { CopyButton } from "../parts.tsx";

export function DetailsView(props: { topic: string; details: TopicDetails | null; reload: () => void }): JSX.Element {
  const { details } = props;
  const [all, setAll] = useState(false);
  if (!details) return <p class="muted pad">Reading the topic …</p>;
  const configs = (details.configs ?? []).filter((config) => all || !config.default);
  return (
    <div class="details" tabIndex={0} role="region" aria-label="Details">
      <p class="facts"><span>Topic id <code>{details.topicId}</code> <CopyButton text={() => details.topicId} what="topic id" /></span></p>
      <section>
        <header><h2>Partitions</h2><span class="grow" /><button type="button" onClick={props.reload}>Refresh</button></header>
        <table>
          <thead><tr><th class="num">Partition</th><th class="num">Leader</th><th>Replicas</th><th>In sync</th><th class="num">Begins at</th><th class="num">Ends at</th><th class="num">Records</th></tr></thead>
          <tbody>
            {details.partitions.map((p) => (
              <tr>
                <td class="num">{p.partition}</td><td class="num">{p.leader ?? "none"}</td><td>{p.replicas.join(", ")}</td>
                <td>{p.isr.join(", ")}{p.isr.length < p.replicas.length ? " (under-replicated)" : ""}</td>
                <td class="num">{count(p.beginningOffset)}</td><td class="num">{count(p.endOffset)}</td>
                <td class="num">{p.endOffset === null || p.beginningOffset === null ? "–" : count(p.endOffset - p.beginningOffset)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <section>
        <header><h2>Configuration</h2><span class="grow" /><label class="check"><input type="checkbox" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />Show defaults</label></header>
        {configs.length === 0 ? <p class="muted">{details.configs === null ? "The cluster does not tell." : "Everything has its default."}</p> : (
          <table>
            <thead><tr><th>Name</th><th>Value</th><th>Source</th></tr></thead>
            <tbody>
              {configs.map((c) => <tr><td><code>{c.name}</code></td><td><code>{c.value ?? ""}</code></td><td class="muted">{c.source.toLowerCase().replaceAll("_", " ")}</td></tr>)}
            </tbody>
          </table>
        )}
      </section>
    </div>
  );
}
