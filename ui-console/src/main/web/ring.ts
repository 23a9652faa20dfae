/** The newest `capacity` items; the ones that had to go are counted. */
export class Ring<T> {
  readonly capacity: number;
  private items: T[] = [];
  private start = 0;
  private gone = 0;

  constructor(capacity: number) {
    if (!(capacity > 0)) throw new RangeError(`capacity is ${capacity}; expected a positive number`);
    this.capacity = capacity;
  }

  get length(): number {
    return this.items.length;
  }

  /** Items that were pushed out since the beginning or the last clear. */
  get dropped(): number {
    return this.gone;
  }

  push(item: T): void {
    if (this.items.length < this.capacity) {
      this.items.push(item);
    } else {
      this.items[this.start] = item;
      this.start = (this.start + 1) % this.capacity;
      this.gone++;
    }
  }

  /** 0 = oldest. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.items.length) return undefined;
    return this.items[(this.start + index) % this.items.length];
  }

  /** 0 = newest. */
  fromNewest(index: number): T | undefined {
    return this.at(this.items.length - 1 - index);
  }

  clear(): void {
    this.items = [];
    this.start = 0;
    this.gone = 0;
  }

  toArray(): T[] {
    return [...this.items.slice(this.start), ...this.items.slice(0, this.start)];
  }
}
