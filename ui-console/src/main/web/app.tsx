import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Cluster } from "./api.ts";
import { getJson } from "./api.ts";
import { connection } from "./live.ts";
import { Link, useAddress } from "./nav.tsx";
import { Palette } from "./palette.tsx";
import { Empty, Icon, type IconName } from "./parts.tsx";
import { parseRoute, type Route } from "./routes.ts";
import { GroupsScreen } from "./screens/groups.tsx";
import { QueriesScreen } from "./screens/queries.tsx";
import { SqlScreen } from "./screens/sql.tsx";
import { TopicScreen } from "./screens/topic.tsx";
import { TopicsScreen } from "./screens/topics.tsx";
import { useStore } from "./store.ts";
import { isDark, toggleTheme } from "./theme.ts";

export function App(): JSX.Element {
  const { path } = useAddress();
  const route = parseRoute(path);
  useEffect(() => {
    document.title = title(route);
  }, [path]);
  return (
    <>
      <a class="skip" href="#main">Skip to content</a>
      <Sidebar route={route} />
      <main id="main" tabIndex={-1}>
        <ConnectionBanner />
        <Screen route={route} />
      </main>
      <Palette />
    </>
  );
}

function Screen(props: { route: Route }): JSX.Element {
  const { route } = props;
  switch (route.view) {
    case "topics":
      return <TopicsScreen />;
    case "topic":
      return <TopicScreen key={route.topic} topic={route.topic} tab={route.tab} />;
    case "sql":
      return <SqlScreen />;
    case "queries":
      return <QueriesScreen />;
    case "groups":
      return <GroupsScreen />;
    case "unknown":
      return <Empty title="There is nothing at this address"><Link to="/topics">All topics</Link></Empty>;
  }
}

function title(route: Route): string {
  switch (route.view) {
    case "topic":
      return `${route.topic} · ${route.tab} · Millrace`;
    case "unknown":
      return "Millrace";
    case "sql":
      return "SQL · Millrace";
    default:
      return `${route.view[0]!.toUpperCase()}${route.view.slice(1)} · Millrace`;
  }
}

const NAV: { to: string; name: string; icon: IconName; views: Route["view"][] }[] = [
  { to: "/topics", name: "Topics", icon: "topics", views: ["topics", "topic"] },
  { to: "/sql", name: "SQL", icon: "sql", views: ["sql"] },
  { to: "/queries", name: "Queries", icon: "queries", views: ["queries"] },
  { to: "/groups", name: "Groups", icon: "groups", views: ["groups"] },
];

function Sidebar(props: { route: Route }): JSX.Element {
  const [, redraw] = useState({});
  return (
    <header class="sidebar">
      <Link to="/topics" class="brand">
        <svg viewBox="0 0 24 24" aria-hidden="true"><rect width="24" height="24" rx="6" /><path d="M4 9c3-3 5 3 8 0s5 3 8 0M4 15c3-3 5 3 8 0s5 3 8 0" /></svg>
        Millrace
      </Link>
      <nav aria-label="Main">
        {NAV.map((item) => (
          <Link to={item.to} current={item.views.includes(props.route.view)}><Icon name={item.icon} />{item.name}</Link>
        ))}
      </nav>
      <div class="grow" />
      <ClusterInfo />
      <button type="button" class="quiet theme" onClick={() => { toggleTheme(); redraw({}); }}>
        <Icon name={isDark() ? "sun" : "moon"} />{isDark() ? "Light" : "Dark"}
      </button>
    </header>
  );
}

function ClusterInfo(): JSX.Element {
  const { state } = useStore(connection);
  const [cluster, setCluster] = useState<Cluster | null>(null);
  useEffect(() => {
    if (state === "live") getJson<Cluster>("/api/cluster").then(setCluster, () => setCluster(null));
  }, [state]);
  const words = { live: "Live", connecting: "Connecting", lost: "Disconnected", unavailable: "Cluster unreachable" };
  return (
    <div class="cluster">
      <p class={`state state-${state}`} role="status"><span class="dot" aria-hidden="true" />{words[state]}</p>
      {cluster ? (
        <dl>
          <dt>Cluster</dt><dd title={cluster.clusterId}>{cluster.clusterId}</dd>
          <dt>{cluster.nodes.length === 1 ? "Node" : "Nodes"}</dt>
          {cluster.nodes.slice(0, 5).map((node) => (
            <dd title={node.controller ? "controller" : ""}>{node.id} · {node.host}:{node.port}</dd>
          ))}
        </dl>
      ) : null}
    </div>
  );
}

function ConnectionBanner(): JSX.Element | null {
  const { state, message } = useStore(connection);
  if (state === "lost") {
    return <div class="banner" role="alert"><Icon name="warn" />Connection to the node lost. What you see is the last state; it resumes by itself.</div>;
  }
  if (state === "unavailable") {
    return <div class="banner" role="alert"><Icon name="warn" />{message}</div>;
  }
  return null;
}
