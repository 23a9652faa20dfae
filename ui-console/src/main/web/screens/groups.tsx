import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { getJson, type Group } from "../api.ts";
import { count } from "../format.ts";
import { Link, setParams, useAddress } from "../nav.tsx";
import { Empty, Failure, Icon } from "../parts.tsx";
import { topicPath } from "../routes.ts";

const INTERVAL_MS = 3_000;

export function GroupsScreen(): JSX.Element {
  const { params } = useAddress();
  const [answer, setAnswer] = useState<{ groups: Group[]; total: number } | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const wanted = (params.get("q") ?? "").toLowerCase();
  const open = params.get("group");

  const load = (): void => {
    getJson<{ groups: Group[]; total: number }>("/api/groups").then(
      (got) => { setAnswer(got); setFailure(null); },
      (problem: Error) => setFailure(problem.message));
  };
  useEffect(() => {
    load();
    const timer = setInterval(() => { if (document.visibilityState === "visible") load(); }, INTERVAL_MS);
    return () => clearInterval(timer);
  }, []);

  const shown = (answer?.groups ?? []).filter((group) => group.group.toLowerCase().includes(wanted));
  return (
    <div class="screen">
      <div class="head">
        <h1>Groups</h1>
        {answer ? <p class="facts"><span><b>{count(answer.total)}</b> {answer.total === 1 ? "group" : "groups"}</span>{answer.total > answer.groups.length ? <span class="note">the first {answer.groups.length} are shown</span> : null}</p> : null}
      </div>
      <div class="toolbar">
        <label class="search"><Icon name="search" /><span class="sr-only">Search groups</span>
          <input type="search" placeholder="Search groups" value={params.get("q") ?? ""} onInput={(event) => setParams({ q: event.currentTarget.value })} spellcheck={false} />
        </label>
      </div>
      {failure ? <Failure message={failure} retry={load} /> : null}
      {shown.length > 0 ? (
        <div class="scroll" tabIndex={0} role="region" aria-label="Groups">
          <table>
            <thead><tr><th scope="col">Group</th><th scope="col">State</th><th scope="col" class="num">Members</th><th scope="col">Topics</th><th scope="col" class="num">Lag</th></tr></thead>
            <tbody>{shown.map((group) => <GroupRows key={group.group} group={group} open={open === group.group} />)}</tbody>
          </table>
        </div>
      ) : answer ? (
        <Empty title={wanted === "" ? "No consumer groups yet" : "No group matches"} {...(wanted === "" ? { command: "./millrace consume clicks --group my-app" } : {})}>
          {wanted === "" ? "A group appears with its first consumer." : null}
        </Empty>
      ) : failure ? null : <p class="muted pad">Reading the groups …</p>}
    </div>
  );
}

function GroupRows(props: { group: Group; open: boolean }): JSX.Element {
  const { group, open } = props;
  const names = [...new Set(group.partitions.map((p) => p.topic))];
  return (
    <>
      <tr>
        <td><button type="button" class="link" aria-expanded={open} onClick={() => setParams({ group: open ? null : group.group })}><span aria-hidden="true">{open ? "▾" : "▸"}</span> {group.group}</button></td>
        <td>{group.state.toLowerCase()} {group.type !== "CLASSIC" && group.type !== "Classic" ? <span class="badge">{group.type.toLowerCase()}</span> : null}</td>
        <td class="num">{count(group.members.length)}</td>
        <td>{names.slice(0, 4).map((name, i) => <>{i > 0 ? ", " : ""}<Link to={topicPath(name)}>{name}</Link></>)}{names.length > 4 ? ` and ${names.length - 4} more` : ""}</td>
        <td class={group.lag > 0 ? "num" : "num muted"}>{count(group.lag)}</td>
      </tr>
      {open ? (
        <tr class="inner"><td colSpan={5}>
          <table>
            <thead><tr><th scope="col">Topic</th><th scope="col" class="num">Partition</th><th scope="col" class="num">Committed</th><th scope="col" class="num">End</th><th scope="col" class="num">Lag</th></tr></thead>
            <tbody>{group.partitions.map((p) => <tr><td>{p.topic}</td><td class="num">{p.partition}</td><td class="num">{count(p.committedOffset)}</td><td class="num">{count(p.endOffset)}</td><td class="num">{count(p.lag)}</td></tr>)}</tbody>
          </table>
          {group.members.length > 0 ? <p class="muted">{group.members.map((member) => `${member.clientId} ${member.host} (${member.partitions})`).join(" · ")}</p> : null}
        </td></tr>
      ) : null}
    </>
  );
}
