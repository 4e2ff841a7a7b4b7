import { Alarm } from "../durable/alarm";
import { Database } from "../durable/database";
import { createLog, type Log } from "../durable/log";
import { signingSecret } from "../durable/secret";
import { Sessions } from "../durable/sessions";
import { readSettings, type Settings } from "../durable/settings";
import type { SequencedEvent } from "../protocol/events";
import { type Audience, LocalAudience } from "./audience";
import { Changes } from "./changes";
import type { Connections } from "./connections";
import { Departures } from "./departures";
import { Flush } from "./flush";
import { History } from "./history";
import { Idempotency } from "./idempotency";
import { LoginWatch } from "./login-watch";
import { OnlineTable } from "./online";
import { PageTable } from "./page-table";
import { Reads } from "./reads";
import { Repeats } from "./repeats";
import { Retention } from "./retention";
import { Roster } from "./roster";
import { Store } from "./store";
import { endUnidentified } from "./sweep";

/**
 * What a room is made of. Commands and calls get this instead of the object: modules that decide, tables
 * and sockets, and nothing of the platform's.
 */
export type RoomParts = {
  readonly name: string;
  readonly settings: Settings;
  readonly log: Log;
  readonly database: Database;
  readonly store: Store;
  readonly online: OnlineTable;
  readonly history: History;
  readonly changes: Changes;
  readonly reads: Reads;
  readonly retention: Retention;
  readonly repeats: Repeats;
  readonly idempotency: Idempotency;
  readonly sessions: Sessions;
  readonly connections: Connections;
  readonly roster: Roster;
  readonly audience: Audience;
  readonly flush: Flush;
  readonly departures: Departures;
  readonly alarm: Alarm;
  readonly loginWatch: LoginWatch;
};

/** Puts a room together from its storage, after every wake. `connections` are the sockets that outlived it. */
export function assemble(ctx: DurableObjectState, env: Env, connections: Connections): RoomParts {
  const { settings } = readSettings(env);
  const name = ctx.id.name ?? ctx.id.toString();
  const log = createLog(settings.LOG_LEVEL, "room");
  const database = new Database(ctx.storage.sql);
  const store = new Store(database);
  const online = new OnlineTable(store);
  const history = new History(new PageTable(store), settings.HISTORY_PAGE_BYTES);
  const changes = new Changes(store);
  const reads = new Reads(store);
  const retention = new Retention({ history, changes, reads, store }, settings);
  const repeats = new Repeats(history, {
    count: settings.REPEAT_COUNT,
    ageMs: settings.REPEAT_MS,
    searchCount: settings.TRIED_COUNT,
  });
  const idempotency = new Idempotency(store, settings.IDEMPOTENCY_MS);
  const sessions = new Sessions(() => signingSecret(env));
  const roster = new Roster();
  const alarm = new Alarm(ctx.storage);
  const audience = new LocalAudience(connections, settings, (connection, code) =>
    departures.close(connection, code, Date.now()),
  );
  const transact = (write: () => void) => ctx.storage.transactionSync(write);
  const written = (events: readonly SequencedEvent[], now: number) => {
    repeats.note(events);
    try {
      retention.enforce(now);
      alarm.arm(retention.dueAt);
    } catch (cause) {
      // What is too old can go another time; what was just written must be answered.
      log("error", "retention failed", { room: name, cause });
    }
  };
  const flush = new Flush({ audience, history, transact, written, log });
  const departures = new Departures({ connections, roster, online, flush, alarm, settings, log });
  const loginWatch = new LoginWatch((now) => endUnidentified({ connections, departures, settings }, now));
  return {
    name,
    settings,
    log,
    database,
    store,
    online,
    history,
    changes,
    reads,
    retention,
    repeats,
    idempotency,
    sessions,
    connections,
    roster,
    audience,
    flush,
    departures,
    alarm,
    loginWatch,
  };
}
