import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { postJson, topicApi } from "../api.ts";
import { Icon } from "../parts.tsx";

/** Writes one record: text as it stands, an empty field as no bytes. */
export function ProduceButton(props: { topic: string; partitions: number }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [answer, setAnswer] = useState<{ ok: boolean; text: string } | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const field = (name: string): string | null => {
      const text = String(form.get(name) ?? "");
      return text === "" ? null : text;
    };
    const partition = field("partition");
    setBusy(true);
    try {
      const written = await postJson<{ partition: number; offset: number }>(topicApi(props.topic, "/records"), {
        key: field("key"),
        value: form.get("tombstone") ? null : String(form.get("value") ?? ""),
        ...(partition === null ? {} : { partition: Number(partition) }),
      });
      setAnswer({ ok: true, text: `Written to partition ${written.partition} at offset ${written.offset}` });
    } catch (failure) {
      setAnswer({ ok: false, text: (failure as Error).message });
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <button type="button" onClick={() => { setAnswer(null); dialog.current?.showModal(); }}><Icon name="plus" />Produce</button>
      <dialog ref={dialog} class="form" aria-labelledby="produce-title">
        <form onSubmit={(event) => void submit(event)}>
          <header><h2 id="produce-title">Produce to {props.topic}</h2><span class="grow" /><button type="button" class="quiet" aria-label="Close" onClick={() => dialog.current?.close()}><Icon name="close" /></button></header>
          <label>Key <span class="muted">empty = none</span><input name="key" spellcheck={false} autocomplete="off" /></label>
          <label>Value<textarea name="value" rows={8} spellcheck={false} /></label>
          <div class="line">
            <label class="check"><input type="checkbox" name="tombstone" />Null value (tombstone)</label>
            <label>Partition <select name="partition" aria-label="Partition"><option value="">by key</option>{Array.from({ length: props.partitions }, (_, i) => <option value={String(i)}>{i}</option>)}</select></label>
          </div>
          <footer><p class={answer?.ok === false ? "bad" : "good"} role="status">{answer?.text ?? ""}</p><span class="grow" /><button type="submit" class="primary" disabled={busy}>Produce</button></footer>
        </form>
      </dialog>
    </>
  );
}
