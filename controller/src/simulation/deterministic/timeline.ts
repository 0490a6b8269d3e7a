import type { Instant } from "@breakwater/shared/core";

interface Due {
  readonly at: number;
  readonly order: number;
  readonly work: () => void;
}

/** Virtual time: what is due next happens next, and what is due together happens in the order in which it was asked for. */
export class Timeline {
  #now: number;
  #asked = 0;
  /** A binary heap, the earliest first. */
  readonly #due: Due[] = [];
  constructor(start: Instant) {
    this.#now = start;
  }

  now(): Instant {
    return this.#now as Instant;
  }

  /** Moments that are over happen at once. Whole milliseconds only, so that every moment can be told in full. */
  at(moment: number, work: () => void): void {
    const due = { at: Math.max(this.#now, Math.ceil(moment)), order: this.#asked++, work };
    let place = this.#due.push(due) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(due, this.#due[parent] as Due)) break;
      this.#due[place] = this.#due[parent] as Due;
      place = parent;
    }
    this.#due[place] = due;
  }

  after(ms: number, work: () => void): void {
    this.at(this.#now + ms, work);
  }

  /** Does what is due next. @returns false when there is nothing left, or nothing before `until` */
  step(until: number): boolean {
    const next = this.#due[0];
    if (!next || next.at > until) return false;
    const last = this.#due.pop() as Due;
    if (this.#due.length > 0) this.#sink(last);
    this.#now = next.at;
    next.work();
    return true;
  }

  #sink(due: Due): void {
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#due.length) break;
      if (child + 1 < this.#due.length && before(this.#due[child + 1] as Due, this.#due[child] as Due)) child++;
      if (!before(this.#due[child] as Due, due)) break;
      this.#due[place] = this.#due[child] as Due;
      place = child;
    }
    this.#due[place] = due;
  }
}

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
