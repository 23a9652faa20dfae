import { Ring } from "./ring.ts";

/** Events per second over the last few seconds. The clock is the caller's. */
export class RateMeter {
  private readonly buckets = new Map<number, number>();
  private readonly windowSeconds: number;

  constructor(windowSeconds = 3) {
    this.windowSeconds = windowSeconds;
  }

  add(n: number, nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    this.buckets.set(second, (this.buckets.get(second) ?? 0) + n);
    for (const old of this.buckets.keys()) {
      if (old < second - this.windowSeconds) this.buckets.delete(old);
    }
  }

  /** Over the whole seconds before this one, so that a young second does not look slow. */
  perSecond(nowMs: number): number {
    const second = Math.floor(nowMs / 1000);
    let sum = 0;
    for (const [at, n] of this.buckets) {
      if (at < second && at >= second - this.windowSeconds) sum += n;
    }
    return sum / this.windowSeconds;
  }
}

/** The last minute of each topic's rate, for the sparklines. */
export class RateHistory {
  private readonly byTopic = new Map<string, Ring<number>>();
  private readonly points: number;

  constructor(points = 60) {
    this.points = points;
  }

  add(topic: string, perSecond: number): void {
    let ring = this.byTopic.get(topic);
    if (!ring) {
      ring = new Ring(this.points);
      this.byTopic.set(topic, ring);
    }
    ring.push(perSecond);
  }

  of(topic: string): number[] {
    return this.byTopic.get(topic)?.toArray() ?? [];
  }

  forget(topic: string): void {
    this.byTopic.delete(topic);
  }
}

/** An SVG path through the values, the newest at the right edge; empty without a slope to show. */
export function sparkPath(values: readonly number[], width: number, height: number, points = 60): string {
  if (values.length < 2) return "";
  const max = Math.max(...values);
  const step = width / (points - 1);
  const y = (v: number): number => (max === 0 ? height - 1 : height - 1 - (v / max) * (height - 2));
  const x0 = width - (values.length - 1) * step;
  return values.map((v, i) => `${i === 0 ? "M" : "L"}${(x0 + i * step).toFixed(1)} ${y(v).toFixed(1)}`).join("");
}
