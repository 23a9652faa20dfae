import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { TopicSummary } from "../api.ts";
import { bytes, count, rate } from "../format.ts";
import { connection, rateHistory, topics } from "../live.ts";
import { Link, navigate, setParams, useAddress } from "../nav.tsx";
import { Announced, Empty, Icon, Sparkline } from "../parts.tsx";
import { topicPath } from "../routes.ts";
import { sortTopics, type TopicSort } from "../topiclist.ts";
import { useStore } from "../store.ts";
import { VirtualRows } from "../virtual.tsx";

const COLUMNS: { key: TopicSort; name: string; numeric: boolean }[] = [
  { key: "name", name: "Topic", numeric: false },
  { key: "partitions", name: "Partitions", numeric: true },
  { key: "replicationFactor", name: "Replicas", numeric: true },
  { key: "records", name: "Records", numeric: true },
  { key: "bytes", name: "Size", numeric: true },
  { key: "recordsPerSecond", name: "In /s", numeric: true },
];

export function TopicsScreen(): JSX.Element {
  const { byName } = useStore(topics);
  const { state } = useStore(connection);
  const { params } = useAddress();
  const [active, setActive] = useState(-1);
  const wanted = params.get("q") ?? "";
  const internal = params.get("internal") === "1";
  const sort = (params.get("sort") ?? "name") as TopicSort;
  const descending = params.get("desc") === "1";

  const all = byName ? [...byName.values()] : [];
  const shown = sortTopics(
    all.filter((topic) => (internal || !topic.internal) && topic.name.toLowerCase().includes(wanted.toLowerCase())),
    sort, descending);
  const totalRate = shown.reduce((sum, topic) => sum + (topic.recordsPerSecond ?? 0), 0);
  const hidden = all.filter((topic) => topic.internal).length;
  // Not every cluster tells sizes.
  const sized = all.some((topic) => topic.bytes !== null);
  const columns = COLUMNS.filter((column) => sized || column.key !== "bytes");

  const sortBy = (key: TopicSort): void => {
    const turn = sort === key ? !descending : key !== "name";
    setParams({ sort: key === "name" ? null : key, desc: turn ? "1" : null });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") setActive(Math.min(active + 1, shown.length - 1));
    else if (event.key === "ArrowUp") setActive(Math.max(active - 1, 0));
    else if (event.key === "Enter" && shown[active]) navigate(topicPath(shown[active].name));
    else return;
    event.preventDefault();
  };

  return (
    <div class="screen">
      <div class="head">
        <h1>Topics</h1>
        <p class="facts">
          <span><b>{byName ? count(shown.length) : "–"}</b> {shown.length === 1 ? "topic" : "topics"}</span>
          <span><b>{rate(totalRate)}</b> records/s in</span>
        </p>
        <Announced text={byName ? `${shown.length} topics, ${rate(totalRate)} records per second` : ""} />
      </div>
      <div class="toolbar">
        <label class="search"><Icon name="search" /><span class="sr-only">Search topics</span>
          <input type="search" placeholder="Search topics" value={wanted} onInput={(event) => setParams({ q: event.currentTarget.value })} spellcheck={false} />
        </label>
        <label class="check"><input type="checkbox" checked={internal} onChange={(event) => setParams({ internal: event.currentTarget.checked ? "1" : null })} />Internal topics{hidden > 0 ? ` (${hidden})` : ""}</label>
        <span class="grow" />
        <span class="muted hint"><kbd>Ctrl</kbd> <kbd>K</kbd> to jump anywhere</span>
      </div>
      <VirtualRows
        class={sized ? "topics" : "topics unsized"} label="Topics" columns={columns.length + 1} count={shown.length} rowHeight={32}
        active={shown[active] ? `topic-${active}` : undefined} onKeyDown={onKeyDown}
        header={
          <div class="row" role="row">
            {columns.map((column) => (
              <div role="columnheader" class={column.numeric ? "num" : ""} aria-sort={sort === column.key ? (descending ? "descending" : "ascending") : "none"}>
                <button type="button" onClick={() => sortBy(column.key)}>{column.name}<span aria-hidden="true">{sort === column.key ? (descending ? " ↓" : " ↑") : ""}</span></button>
              </div>
            ))}
            <div role="columnheader" class="num">Last minute</div>
          </div>
        }
        row={(i) => <TopicRow key={shown[i]!.name} topic={shown[i]!} index={i} active={i === active} sized={sized} />}
        empty={byName ? <NoTopics searching={wanted !== "" || hidden < all.length} /> : state === "connecting" ? <p class="muted">Reading the cluster …</p> : null}
      />
    </div>
  );
}

function TopicRow(props: { topic: TopicSummary; index: number; active: boolean; sized: boolean }): JSX.Element {
  const { topic } = props;
  const flows = (topic.recordsPerSecond ?? 0) > 0;
  return (
    <div class={props.active ? "row active" : "row"} role="row" id={`topic-${props.index}`} aria-rowindex={props.index + 2} data-topic={topic.name}>
      <div role="gridcell">
        <Link to={topicPath(topic.name)} title={topic.name}>{topic.name}</Link>
        {topic.internal ? <span class="badge">internal</span> : null}
        {topic.underReplicated > 0 ? <span class="badge warn"><Icon name="warn" />{topic.underReplicated} under-replicated</span> : null}
      </div>
      <div role="gridcell" class="num">{count(topic.partitions)}</div>
      <div role="gridcell" class="num">{count(topic.replicationFactor)}</div>
      <div role="gridcell" class="num" data-column="records">{count(topic.records)}</div>
      {props.sized ? <div role="gridcell" class="num">{bytes(topic.bytes)}</div> : null}
      <div role="gridcell" class={flows ? "num flows" : "num muted"} data-column="rate">{rate(topic.recordsPerSecond)}</div>
      <div role="gridcell" class={flows ? "num flows" : "num muted"}><Sparkline values={rateHistory.of(topic.name)} /></div>
    </div>
  );
}

function NoTopics(props: { searching: boolean }): JSX.Element {
  return props.searching
    ? <Empty title="No topic matches" />
    : <Empty title="No topics yet" command={"./millrace topics create clicks\necho hello | ./millrace produce clicks"}>Create one and it appears here.</Empty>;
}
