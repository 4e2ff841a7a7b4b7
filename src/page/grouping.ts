import type { Entry, Message, Passage } from "./message";

const MINUTE_MS = 60_000;
/** A pause after which the same author is named again. */
const LONGEST_PAUSE_MS = 5 * MINUTE_MS;
/** How long one header stands for what follows, however fast it follows. */
const LONGEST_GROUP_MS = 15 * MINUTE_MS;
const MOST_CONTINUATIONS = 12;

/** From so many on, comings and goings in a row become one line. */
const FOLD_FROM = 3;

/** What the log draws, from top to bottom. Keys are unique in one layout and stay with their content. */
export type Block =
  | { readonly kind: "day"; readonly key: string; readonly time: number }
  /** `isHead`: with the author's picture and name; otherwise it continues the message before it. */
  | { readonly kind: "message"; readonly key: string; readonly message: Message; readonly isHead: boolean }
  | { readonly kind: "passages"; readonly key: string; readonly entered: Names; readonly left: Names };

type Names = readonly string[];

/** The running group: its head, its last message and how many continue the head. */
type Group = { readonly head: Message; readonly last: Message; readonly continuations: number };

/**
 * Lays entries out: a line where a local day begins, a header where an author begins, comings and goings
 * folded.
 *
 * `seams` are the keys of entries above which an older page was put in. A seam may join the group above
 * it, but what is below goes on counting from the seam. Otherwise the limits of a group would fall
 * elsewhere, and headers would jump under the reader's eyes.
 */
export function layOut(entries: readonly Entry[], seams: ReadonlySet<string> = new Set()): Block[] {
  const blocks: Block[] = [];
  let day: string | undefined;
  let group: Group | undefined;
  let passages: Passage[] = [];
  const endPassages = () => {
    blocks.push(...fold(passages));
    passages = [];
  };
  for (const entry of entries) {
    const entryDay = new Date(entry.time).toDateString();
    if (entryDay !== day) {
      endPassages();
      // Not the day's name: with a wrong clock in this browser, drafts can make a day appear twice.
      blocks.push({ kind: "day", key: `day of ${entry.key}`, time: entry.time });
      day = entryDay;
      group = undefined;
    }
    if (entry.kind === "passage") {
      passages.push(entry);
      group = undefined;
      continue;
    }
    endPassages();
    const above = group !== undefined && continues(group, entry) ? group : undefined;
    blocks.push({ kind: "message", key: entry.key, message: entry, isHead: above === undefined });
    group = above === undefined || seams.has(entry.key) ? begun(entry) : continued(above, entry);
  }
  endPassages();
  return blocks;
}

function begun(head: Message): Group {
  return { head, last: head, continuations: 0 };
}

function continued(group: Group, last: Message): Group {
  return { head: group.head, last, continuations: group.continuations + 1 };
}

function continues({ head, last, continuations }: Group, next: Message): boolean {
  return (
    next.from === last.from &&
    next.name === last.name &&
    next.avatar === last.avatar &&
    last.delivery.kind !== "refused" &&
    next.time - last.time <= LONGEST_PAUSE_MS &&
    next.time - head.time <= LONGEST_GROUP_MS &&
    continuations < MOST_CONTINUATIONS
  );
}

function fold(passages: readonly Passage[]): Block[] {
  const [first] = passages;
  if (first === undefined) return [];
  if (passages.length < FOLD_FROM) return passages.map((passage) => line(passage.key, [passage]));
  // Who came and went again, or the other way round, is told once, as it ended.
  const latest = new Map(passages.map((passage) => [passage.userId, passage]));
  return [line(first.key, [...latest.values()])];
}

function line(key: string, passages: readonly Passage[]): Block {
  const names = (direction: Passage["direction"]) =>
    passages.filter((passage) => passage.direction === direction).map((passage) => passage.name);
  return { kind: "passages", key, entered: names("enter"), left: names("exit") };
}
