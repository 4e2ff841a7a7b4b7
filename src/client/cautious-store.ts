import type { OutboxStore } from "./outbox-store";

/** A store that has not answered by then is treated as one that failed. */
const STORE_LIMIT_MS = 2_000;

/**
 * A store that cannot hurt: one that throws, rejects or hangs (a private window, a sandboxed frame, a
 * database that another tab blocks) costs what it would have kept, never the message or the room.
 */
export function cautious(store: OutboxStore): OutboxStore {
  return {
    load: (owner) => settled(() => store.load(owner), []),
    save: (owner, draft) => settled(() => store.save(owner, draft), undefined),
    remove: (owner, msgId) => settled(() => store.remove(owner, msgId), undefined),
    clear: (owner) => settled(() => store.clear(owner), undefined),
  };
}

async function settled<Value>(act: () => Promise<Value>, otherwise: Value): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Value>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), STORE_LIMIT_MS);
  });
  try {
    return await Promise.race([act(), late]);
  } catch {
    return otherwise;
  } finally {
    clearTimeout(timer);
  }
}
