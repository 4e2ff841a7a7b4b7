import { Alarm } from "../durable/alarm";
import { Database } from "../durable/database";
import { createLog, type Log } from "../durable/log";
import type { Meter } from "../durable/meter";
import { readSettings, type Settings } from "../durable/settings";
import type { SequencedEvent } from "../protocol/events";
import { isErasedUser } from "../protocol/names";
import { type Audience, LocalAudience } from "./audience";
import { Audit } from "./audit";
import { Changes } from "./changes";
import type { Connections } from "./connections";
import { DepartedGuests } from "./departed-guests";
import { Departures } from "./departures";
import { eraseAll } from "./erasure";
import { Flush } from "./flush";
import { History } from "./history";
import { Idempotency } from "./idempotency";
import { Invites } from "./invites";
import { LoginWatch } from "./login-watch";
import { Members } from "./members";
import { OnlineTable } from "./online";
import { type Outside, outsideOf } from "./outside";
import { PageTable } from "./page-table";
import { Rates } from "./rates";
import { Reads } from "./reads";
import { Repeats } from "./repeats";
import { Reporting } from "./reporting";
import { Retention } from "./retention";
import { Roster } from "./roster";
import { Rules } from "./rules";
import { Sanctions } from "./sanctions";
import { Store } from "./store";
import { endUnidentified } from "./sweep";
import { Traces } from "./traces";

/**
 * What a room is made of. Commands and calls get this instead of the object: modules that decide, tables
 * and sockets, and nothing of the platform's.
 */
export type RoomParts = Outside & {
  readonly name: string;
  readonly settings: Settings;
  readonly log: Log;
  /** What this room does, counted: whoever does something adds to it. */
  readonly meter: Meter;
  readonly reporting: Reporting;
  readonly database: Database;
  readonly store: Store;
  readonly online: OnlineTable;
  readonly history: History;
  readonly changes: Changes;
  readonly reads: Reads;
  readonly retention: Retention;
  readonly repeats: Repeats;
  readonly idempotency: Idempotency;
  readonly rules: Rules;
  readonly members: Members;
  readonly sanctions: Sanctions;
  readonly invites: Invites;
  readonly audit: Audit;
  readonly rates: Rates;
  readonly traces: Traces;
  /** Runs something whose writes are kept together or not at all. */
  readonly transact: <Value>(write: () => Value) => Value;
  /** Tells the users' objects, in the background, that they have left something here. */
  readonly tellTraces: (now: number) => void;
  /** Runs at the end of every event: what it has left behind goes out, or is kept. */
  readonly ended: (now: number) => void;
  readonly connections: Connections;
  readonly roster: Roster;
  readonly audience: Audience;
  readonly flush: Flush;
  readonly departures: Departures;
  readonly departedGuests: DepartedGuests;
  readonly alarm: Alarm;
  readonly loginWatch: LoginWatch;
};

/**
 * Puts a room together from its storage, after every wake. `connections` are the sockets that outlived it,
 * `meter` begins with this wake.
 */
export function assemble(
  ctx: DurableObjectState,
  env: Env,
  connections: Connections,
  meter: Meter,
): RoomParts {
  const { settings } = readSettings(env);
  const name = ctx.id.name ?? ctx.id.toString();
  const log = createLog(settings.LOG_LEVEL, "room");
  const database = new Database(ctx.storage.sql, meter);
  const tables = tablesIn(new Store(database), name, settings);
  const { history, repeats, retention, traces, online } = tables;
  const outside = outsideOf(env, settings, name, tables.rules, log);
  const roster = new Roster();
  const alarm = new Alarm(ctx.storage, meter);
  const audience = new LocalAudience(connections, settings, meter, (connection, code) =>
    departures.close(connection, code, Date.now()),
  );
  const transact = <Value>(write: () => Value) => ctx.storage.transactionSync(write);
  const written = (events: readonly SequencedEvent[], now: number) => {
    repeats.note(events);
    try {
      tellTraces(now);
      retention.enforce(now);
      alarm.arm(retention.dueAt);
    } catch (cause) {
      // What is too old can go another time; what was just written must be answered.
      log("error", "what follows a write failed", { room: name, cause });
    }
  };
  const flush = new Flush({
    audience,
    history,
    transact,
    noted: ({ data: { from } }, now) => {
      if (!isErasedUser(from)) traces.note(from, now);
    },
    written,
    rested: (now) => {
      rates.save();
      reporting.rested(now);
    },
    meter,
    log,
  });
  const reporting = new Reporting({
    ...{ meter, connections, roster, settings, log },
    isResting: () => flush.isResting,
    send: (report) => outside.report(report),
  });
  const emptied = () => {
    outside.watch.left();
    reporting.emptied();
  };
  const departedGuests = new DepartedGuests();
  const departures = new Departures({
    ...{ connections, roster, online, flush, alarm, settings, log, meter },
    departedGuests,
    parted: (connection) => rates.inherit(connection, roster, connections),
    emptied,
  });
  const loginWatch = new LoginWatch({
    count: () => connections.unidentified().size,
    endOverdue: (now) => endUnidentified({ connections, departures, settings }, now),
  });
  const rates = new Rates(settings, connections.online());
  const own = { name, settings, log, meter, reporting, database, alarm };
  const people = { connections, roster, audience, flush, departures };
  const ended = endingOf({ flush, rates, reporting }, tellTraces);
  const rest = { departedGuests, loginWatch, rates, tellTraces, ended, transact };
  const room: RoomParts = { ...own, ...people, ...tables, ...outside, ...rest };
  const erase = (userId: string, before: number) => eraseAll(room, userId, before);
  const teller = { report: outside.reportTrace, erase, log };
  function tellTraces(now: number): void {
    traces.tell(teller, now);
  }
  return room;
}

/** The end of an event. */
function endingOf(
  { flush, rates, reporting }: Pick<RoomParts, "flush" | "rates" | "reporting">,
  tellTraces: (now: number) => void,
): (now: number) => void {
  return (now) => {
    flush.soon(now);
    tellTraces(now);
    if (!flush.isResting) rates.save();
    reporting.settle(now);
  };
}

/** What a room keeps on disk, each in a module that owns its table. */
function tablesIn(store: Store, name: string, settings: Settings) {
  const history = new History(new PageTable(store), settings.HISTORY_PAGE_BYTES);
  const changes = new Changes(store);
  const reads = new Reads(store);
  return {
    store,
    online: new OnlineTable(store),
    history,
    changes,
    reads,
    retention: new Retention({ history, changes, reads, store }, settings),
    repeats: new Repeats(history, {
      count: settings.REPEAT_COUNT,
      ageMs: settings.REPEAT_MS,
      searchCount: settings.TRIED_COUNT,
      searchBytes: settings.TRIED_BYTES,
    }),
    idempotency: new Idempotency(store, settings.IDEMPOTENCY_MS),
    rules: new Rules(store, name),
    members: new Members(store),
    sanctions: new Sanctions(store),
    invites: new Invites(store),
    audit: new Audit(store, settings.AUDIT_COUNT),
    traces: new Traces(store),
  };
}
