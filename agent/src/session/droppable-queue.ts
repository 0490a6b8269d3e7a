/** First in, first out, bounded: when full, the oldest goes and is counted. For figures whose newest matter most. */
export interface DroppableQueue<T> {
  push(item: T): void;
  shift(): T | undefined;
  readonly size: number;
  readonly dropped: number;
}

export function createDroppableQueue<T>(limit: number): DroppableQueue<T> {
  const items: T[] = [];
  let dropped = 0;
  return {
    push(item) {
      items.push(item);
      if (items.length > limit) {
        items.shift();
        dropped++;
      }
    },
    shift: () => items.shift(),
    get size() {
      return items.length;
    },
    get dropped() {
      return dropped;
    },
  };
}
