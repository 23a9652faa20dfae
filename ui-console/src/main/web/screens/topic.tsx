import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, getJson, topicApi, type TopicDetails } from "../api.ts";
import { bytes, count, rate } from "../format.ts";
import { rateHistory, topics } from "../live.ts";
import { Link } from "../nav.tsx";
import { Empty, Failure, Sparkline } from "../parts.tsx";
import { topicPath, type TopicTab } from "../routes.ts";
import { sqlName } from "../sqltext.ts";
import { useStore } from "../store.ts";
import { DetailsView } from "./details.tsx";
import { MessagesView } from "./messages.tsx";
import { TableView } from "./table.tsx";

const TABS: { tab: TopicTab; name: string }[] = [
  { tab: "messages", name: "Messages" },
  { tab: "table", name: "Table" },
  { tab: "details", name: "Details" },
];

export function TopicScreen(props: { topic: string; tab: TopicTab }): JSX.Element {
  const { topic, tab } = props;
  const summary = useStore(topics).byName?.get(topic);
  const [details, setDetails] = useState<TopicDetails | null>(null);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const load = (): void => {
    setFailure(null);
    getJson<TopicDetails>(topicApi(topic)).then(setDetails, setFailure);
  };
  useEffect(load, [topic]);

  return (
    <div class="screen">
      <div class="head">
        <nav class="crumbs" aria-label="Breadcrumb"><Link to="/topics">Topics</Link><span aria-hidden="true">/</span></nav>
        <h1>{topic}</h1>
        {summary ? (
          <p class="facts">
            <span><b>{count(summary.records)}</b> records</span>
            {summary.bytes === null ? null : <span><b>{bytes(summary.bytes)}</b></span>}
            <span class={(summary.recordsPerSecond ?? 0) > 0 ? "flows" : ""}><b>{rate(summary.recordsPerSecond)}</b> /s <Sparkline values={rateHistory.of(topic)} /></span>
          </p>
        ) : null}
      </div>
      <nav class="tabs" aria-label="Views of the topic">
        {TABS.map((item) => <Link to={topicPath(topic, item.tab)} current={item.tab === tab}>{item.name}</Link>)}
        <span class="grow" />
        <Link to={`/sql?q=${encodeURIComponent(`SELECT * FROM ${sqlName(topic)} EMIT CHANGES;`)}&run=1`} class="as-button">Query with SQL</Link>
      </nav>
      {failure?.status === 404
        ? <Empty title="This topic does not exist" command={`./millrace topics create ${topic}`} />
        : failure ? <Failure message={failure.message} retry={load} />
        : tab === "details" ? <DetailsView topic={topic} details={details} reload={load} />
        : details === null ? <p class="muted pad">Reading the topic …</p>
        : tab === "table" ? <TableView topic={topic} />
        : <MessagesView topic={topic} partitions={details.partitions.length} />}
    </div>
  );
}
