import type { RunningPeer } from "./peers/peer.ts";

/** Asks a Roomcast that is being measured, as a backend would. */
export class RoomApi {
  readonly #peer: RunningPeer;
  readonly #room: string;

  constructor(peer: RunningPeer, room: string) {
    this.#peer = peer;
    this.#room = room;
  }

  /** GET of something below the room; the parsed answer. */
  async get<Answer>(path: string): Promise<Answer> {
    const response = await fetch(`${this.#peer.origin}/api/rooms/${this.#room}${path}`, {
      headers: { authorization: `Bearer ${this.#peer.apiKey}` },
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  stats(): Promise<RoomStats> {
    return this.get("/stats");
  }
}

/** As much of `GET /api/rooms/{room}/stats` as benchmarks read. */
export type RoomStats = {
  readonly connections: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly dollars: Readonly<Record<string, number>>;
  /** How many flushes there were, by how many publications they had. */
  readonly flushSizes: readonly { readonly flushes: number }[];
};
