/** Keeps unsent messages in the browser, across reloads and crashes. An entry of its own, because of its library. */

import { createStore, del, get, type UseStore, update } from "idb-keyval";
import { type KeptDraft, type OutboxStore, ownerKey, withoutRemoved, withSaved } from "../outbox-store";

const DATABASE = "roomcast-outbox";
const STORE = "drafts";

/**
 * Opens the database at the first use. Each change is one transaction, so that two tabs of one user do not
 * overwrite each other's drafts.
 */
export function outboxInIndexedDb(): OutboxStore {
  let opened: UseStore | undefined;
  const store = () => {
    opened ??= createStore(DATABASE, STORE);
    return opened;
  };
  return {
    load: async (owner) => (await get<readonly KeptDraft[]>(ownerKey(owner), store())) ?? [],
    save: (owner, draft) =>
      update<readonly KeptDraft[]>(ownerKey(owner), (drafts = []) => withSaved(drafts, draft), store()),
    remove: (owner, msgId) =>
      update<readonly KeptDraft[]>(ownerKey(owner), (drafts = []) => withoutRemoved(drafts, msgId), store()),
    clear: (owner) => del(ownerKey(owner), store()),
  };
}
