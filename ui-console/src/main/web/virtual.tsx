import type { ComponentChildren, JSX, Ref } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const OVERSCAN = 6;

/** Draws only the rows one can see; all rows have the same height. */
export function VirtualRows(props: {
  count: number;
  rowHeight: number;
  row: (index: number) => ComponentChildren;
  header: ComponentChildren;
  label: string;
  class: string;
  empty?: ComponentChildren;
  /** How many rows were put in front of the first since the last drawing; keeps the view still. */
  shifted?: number;
  onNearEnd?: () => void;
  onKeyDown?: (event: KeyboardEvent) => void;
  active?: string | undefined;
  columns: number;
  scroller?: Ref<HTMLDivElement>;
}): JSX.Element {
  const box = useRef<HTMLDivElement | null>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const seenShift = useRef(props.shifted ?? 0);

  const measure = (): void => {
    const element = box.current;
    if (!element) return;
    setView((old) =>
      old.top === element.scrollTop && old.height === element.clientHeight
        ? old
        : { top: element.scrollTop, height: element.clientHeight });
    if (props.onNearEnd && element.scrollTop + element.clientHeight > element.scrollHeight - 400) props.onNearEnd();
  };

  useEffect(() => {
    const observer = new ResizeObserver(measure);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const by = (props.shifted ?? 0) - seenShift.current;
    seenShift.current = props.shifted ?? 0;
    const element = box.current;
    if (by > 0 && element && element.scrollTop > props.rowHeight) element.scrollTop += by * props.rowHeight;
  }, [props.shifted]);

  const first = Math.max(0, Math.floor(view.top / props.rowHeight) - OVERSCAN);
  const last = Math.min(props.count, Math.ceil((view.top + view.height) / props.rowHeight) + OVERSCAN);
  const rows: ComponentChildren[] = [];
  for (let i = first; i < last; i++) rows.push(props.row(i));

  return (
    <div
      ref={(element) => {
        box.current = element;
        if (typeof props.scroller === "function") props.scroller(element);
        else if (props.scroller) props.scroller.current = element;
      }}
      class={`grid ${props.class}`}
      role="grid"
      aria-label={props.label}
      aria-rowcount={props.count + 1}
      aria-colcount={props.columns}
      aria-activedescendant={props.active}
      tabIndex={0}
      onScroll={measure}
      onKeyDown={props.onKeyDown}
    >
      <div class="grid-head" role="rowgroup">{props.header}</div>
      <div class="grid-body" role="rowgroup" style={{ height: `${props.count * props.rowHeight}px` }}>
        <div class="grid-window" role="presentation" style={{ transform: `translateY(${first * props.rowHeight}px)` }}>{rows}</div>
      </div>
      {props.count === 0 && props.empty ? <div class="grid-empty" role="row"><div role="gridcell">{props.empty}</div></div> : null}
    </div>
  );
}
