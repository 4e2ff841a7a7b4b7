import { threeDigits } from "../report/numbers.ts";
import type { Table } from "../report/results.ts";
import { median } from "../report/statistics.ts";
import { RoomApi } from "../room-api.ts";
import { DAYS, type Day, liveThrough } from "../scripted-day.ts";
import type { Stand } from "../stand.ts";
import type { Suite } from "../suite.ts";

/** What reading costs in a long history, and what writing costs in a day. */
export const storage: Suite = {
  id: "storage",
  async run(stand) {
    const small = await pages(stand, 1_000);
    const large = await pages(stand, PUBLICATIONS);
    const days: Day[] = [];
    for (const script of DAYS) days.push(await liveThrough(stand, script));
    const normal = days.find(({ name }) => name === "normal");
    const flooded = days.find(({ name }) => name === "flooded");
    const growth = large.p50At50 / small.p50At50;
    return {
      id: "storage",
      title: "History and rows",
      about:
        "History over HTTP, 200 pages at random places each. A day: nine hours in a room, with its clock running 400 " +
        "times as fast (heartbeats, sweeps and graces are set that much shorter), and what shared a row only because " +
        "of that is added again. Duration is worked out from the day's schedule by the platform's rule of ten seconds.",
      tables: [
        {
          caption: "ms a page",
          columns: ["publications in the room", "50: p50", "50: p99", "500: p50", "500: p99"],
          rows: [small, large].map((each) => [
            each.publications.toLocaleString("en"),
            ...[each.p50At50, each.p99At50, each.p50At500, each.p99At500].map(threeDigits),
          ]),
        },
        dayTable(days),
      ],
      verdicts: [
        {
          target: "a page of 50 out of 1,000,000 ≤ 1.5 × one out of 1,000",
          isMet: growth <= 1.5,
          measured: `${threeDigits(growth)}×`,
        },
        {
          target: "rows written a message at rest, all of the day but logins: ≤ 1.05",
          isMet: normal !== undefined && normal.rowsPerMessage <= 1.05,
          measured: threeDigits(normal?.rowsPerMessage ?? Number.NaN),
        },
        {
          target: "rows written a message in a flood: < 0.05",
          isMet: flooded !== undefined && flooded.rowsPerMessage < 0.05,
          measured: threeDigits(flooded?.rowsPerMessage ?? Number.NaN),
        },
      ],
      plots: [],
    };
  },
};

const PUBLICATIONS = 1_000_000;

type Pages = {
  readonly publications: number;
  readonly p50At50: number;
  readonly p99At50: number;
  readonly p50At500: number;
  readonly p99At500: number;
};

/** Fills a room with so many messages, then reads pages of it. */
function pages(stand: Stand, publications: number): Promise<Pages> {
  const vars = { PAGE_LIMIT: "500", PAGE_BYTES: "1048576", RETAIN_COUNT: "10000000" };
  return stand.serve(
    "roomcast",
    async (peer) => {
      const api = new RoomApi(peer, "history");
      const last = () => api.get<{ position: { offset: number } }>("/messages?limit=1");
      // Nobody listens but those who publish: filling is not what is measured.
      await stand.crowd(
        "roomcast",
        peer,
        { room: "history", connections: 2, publishers: 2 },
        async ({ run }) => {
          let offset = 0;
          while (offset < publications) {
            const left = publications - offset;
            const work =
              left > 20_000 ? { flood: 1_000, durationMs: 5_000 } : { rate: left, durationMs: 1_000 };
            await run({ ...work, warmupMs: 0 });
            offset = (await last()).position.offset;
            stand.say(`history: ${offset} of ${publications}`);
          }
        },
      );
      const read = async (limit: number) => {
        const times: number[] = [];
        for (let index = 0; index < READS; index += 1) {
          const before = Math.max(limit, Math.floor(((index * 7_919) % READS) * (publications / READS)));
          const from = performance.now();
          const { items } = await api.get<{ items: unknown[] }>(`/messages?before=${before}&limit=${limit}`);
          if (items.length !== Math.min(limit, before - 1)) throw new Error(`a page of ${items.length}`);
          times.push(performance.now() - from);
        }
        times.sort((one, other) => one - other);
        return { p50: median(times), p99: times[Math.floor(READS * 0.99)] ?? Number.NaN };
      };
      // A process that has just begun is slow: the first pages are not counted.
      await read(50);
      const [fifty, fiveHundred] = [await read(50), await read(500)];
      return {
        publications,
        ...{ p50At50: fifty.p50, p99At50: fifty.p99 },
        ...{ p50At500: fiveHundred.p50, p99At500: fiveHundred.p99 },
      };
    },
    vars,
  );
}

const READS = 200;

function dayTable(days: readonly Day[]): Table {
  return {
    caption: "A day of nine hours",
    columns: [
      "day",
      "people",
      "messages",
      "alarms",
      "rows but logins",
      "of them added for the pace",
      "rows a message",
      "$ a day",
      "$ a million messages",
    ],
    rows: days.map((day) => [
      day.name,
      String(day.people),
      day.messages.toLocaleString("en"),
      String(day.alarms),
      day.rows.toLocaleString("en"),
      day.ofPace.toLocaleString("en"),
      threeDigits(day.rowsPerMessage),
      threeDigits(day.dollars),
      threeDigits((day.dollars / day.messages) * 1e6),
    ]),
  };
}
