// The SQL editor: CodeMirror with our words, completion from the live topics, errors where they are.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { SQLDialect, sql } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const dialect = SQLDialect.define({
  keywords: "select from where group by having order limit as and or not in is null between like case when then else end distinct join left right full inner outer on within grace "
    + "create stream table view with emit changes final show topics streams tables queries describe explain drop terminate if exists replace insert into values partition "
    + "window tumbling hopping session size advance retention cast interval true false union all cross lateral unnest",
  types: "varchar string int integer bigint double decimal boolean timestamp date time bytes array map struct row char smallint tinyint float",
  builtin: "count sum min max avg explode split lower upper length trim substring concat coalesce abs round latest_by_offset windowstart windowend rowtime",
  doubleQuotedStrings: false,
  identifierQuotes: "`\"",
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, class: "tok-keyword" },
  { tag: [tags.string, tags.special(tags.string)], class: "tok-string" },
  { tag: [tags.number, tags.bool, tags.null], class: "tok-number" },
  { tag: tags.comment, class: "tok-comment" },
  { tag: [tags.typeName, tags.standard(tags.name)], class: "tok-type" },
]);

export interface SqlEditor {
  text(): string;
  setText(text: string): void;
  /** What to run: the selection, or everything. */
  toRun(): string;
  setTopics(names: readonly string[]): void;
  showError(error: { message: string; line?: number; column?: number } | null): void;
  focus(): void;
  destroy(): void;
}

export function createEditor(parent: HTMLElement, initial: string, run: () => void): SqlEditor {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
  const language = new Compartment();
  const speaking = (names: readonly string[]): ReturnType<typeof sql> =>
    sql({ dialect, upperCaseKeywords: true, schema: Object.fromEntries(names.map((name) => [name, []])) });
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: initial,
      extensions: [
        EditorView.cspNonce.of(nonce),
        Prec.highest(keymap.of([{ key: "Mod-Enter", run: () => { run(); return true; } }])),
        lineNumbers(), history(), drawSelection(), highlightActiveLine(), bracketMatching(), closeBrackets(), autocompletion(),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "SQL", spellcheck: "false" }),
        placeholder("SELECT * FROM my_topic EMIT CHANGES;"),
        syntaxHighlighting(colours),
        language.of(speaking([])),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
      ],
    }),
  });
  // The scroller can be scrolled with the keyboard too.
  view.scrollDOM.tabIndex = 0;
  return {
    text: () => view.state.doc.toString(),
    setText(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    toRun() {
      const { from, to } = view.state.selection.main;
      return from === to ? view.state.doc.toString() : view.state.sliceDoc(from, to);
    },
    setTopics(names) {
      view.dispatch({ effects: language.reconfigure(speaking(names)) });
    },
    showError(error) {
      if (!error || error.line === undefined) {
        view.dispatch(setDiagnostics(view.state, []));
        return;
      }
      const line = view.state.doc.line(Math.min(Math.max(1, error.line), view.state.doc.lines));
      const from = Math.min(line.from + Math.max(0, (error.column ?? 1) - 1), line.to);
      const word = view.state.wordAt(from);
      view.dispatch(setDiagnostics(view.state, [{ from, to: word?.to ?? Math.max(from, Math.min(from + 1, line.to)), severity: "error", message: error.message }]));
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
