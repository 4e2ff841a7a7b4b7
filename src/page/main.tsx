/**
 * The chat page: one room, for people without an account. It speaks to the room through the client only,
 * and to no other origin than its own.
 */

import { effect } from "@preact/signals";
import { render } from "preact";
import { outboxInIndexedDb } from "../client/stores/indexed-db-outbox";
import { canonicalName } from "../protocol/names";
import { inviteOfAddress, roomOfAddress } from "./address";
import "./styles/page.css";
import { keptSession } from "./kept-session";
import { Page } from "./page";
import { loadProfile } from "./profile";
import { language } from "./reader";
import { visitRoom } from "./recent-rooms";
import { RoomStore } from "./room-store";

document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
const invite = inviteOfAddress(location);
// At once: who looks over a shoulder, or copies the address of the room, must not get the secret too.
if (invite !== undefined) history.replaceState(history.state, "", location.pathname + location.search);
const store = new RoomStore(canonicalName(roomOfAddress(location)), loadProfile(language), {
  sessions: keptSession,
  outbox: outboxInIndexedDb(),
  ...(invite === undefined ? {} : { invite }),
});

effect(() => {
  const unseen = store.reading.unseenCount.value;
  document.title = `${unseen > 0 ? `(${unseen}) ` : ""}${store.room} · Roomcast`;
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  // A laptop that slept has a dead link that still looks open.
  store.probe();
  store.reading.look();
});
window.addEventListener("focus", () => store.reading.look());
window.addEventListener("hashchange", () => {
  // An invitation to the very room that is open.
  if (inviteOfAddress(location) !== undefined) location.reload();
});
window.addEventListener("pagehide", () => store.goAway());
window.addEventListener("online", () => store.probe());

const shell = document.getElementById("page");
if (shell !== null) render(<Page store={store} recent={visitRoom(store.room)} />, shell);
store.connect();
