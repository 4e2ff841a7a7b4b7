import type { Block } from "./grouping";
import { text, times } from "./reader";
import type { RoomStore } from "./room-store";
import { Row } from "./row";

/** How many names a line of comings and goings tells before it counts. */
const NAMED_COUNT = 3;

/** One piece of the log's layout. */
export function LogBlock({ block, store }: { readonly block: Block; readonly store: RoomStore }) {
  switch (block.kind) {
    case "day":
      return (
        <h2 class="day">
          <span>{times.day(block.time, Date.now())}</span>
        </h2>
      );
    case "passages":
      return <p class="passages">{passageWords(block.entered, block.left)}</p>;
    case "message":
      return <Row message={block.message} isHead={block.isHead} store={store} />;
  }
}

function passageWords(entered: readonly string[], left: readonly string[]): string {
  const sentences: string[] = [];
  if (entered.length > 0) sentences.push(text.entered(listed(entered)));
  if (left.length > 0) sentences.push(text.left(listed(left)));
  return sentences.join(" · ");
}

function listed(names: readonly string[]): string {
  if (names.length <= NAMED_COUNT) return times.list(names);
  const shown = names.slice(0, NAMED_COUNT - 1);
  return times.list([...shown, text.others(times.count(names.length - shown.length))]);
}
