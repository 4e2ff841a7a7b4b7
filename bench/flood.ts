/**
 * `npm run bench:flood`: what one connection that does nothing but send costs everybody else.
 *
 * Quiet and flooded rounds take turns on one server, each in a room of its own, so that both see the same
 * machine. The flood comes from a process of its own: in this one it would be measured as the server's.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { setup } from "../test/support/bundle.ts";
import { startServer } from "../test/support/server.ts";

const PLAN = { rounds: 4, secondsEach: 5, people: 10, messagesPerSecond: 5, floodPerSecond: 1_000 };
const STEP_MS = 10;

const [role, flooded] = process.argv.slice(2);
if (role === "flood" && flooded !== undefined) flood(flooded);
else await bench();

async function bench(): Promise<void> {
  const removeBundle = await setup();
  const server = await startServer();
  const latencies: Record<"quiet" | "flooded", number[]> = { quiet: [], flooded: [] };
  let sent = 0;
  try {
    for (let round = 0; round < PLAN.rounds; round += 1) {
      latencies.quiet.push(...(await talk(server.origin, `quiet-${round}`)));
      const room = `flooded-${round}`;
      const flooder = fork(import.meta.filename, ["flood", roomUrl(server.origin, room)]);
      latencies.flooded.push(...(await talk(server.origin, room)));
      sent += await endOf(flooder);
    }
  } finally {
    await server.stop();
    await removeBundle?.();
  }
  report(latencies.quiet, latencies.flooded, sent);
}

function report(quiet: number[], flooded: number[], sent: number): void {
  const seconds = PLAN.rounds * PLAN.secondsEach;
  console.log(`${PLAN.people} people, ${PLAN.messagesPerSecond} messages/s each, ${seconds} s of each kind`);
  console.log(`the flood: ${Math.round(sent / seconds)} frames/s`);
  console.log("              delivered    p50 ms    p99 ms");
  const row = (name: string, values: number[]) =>
    [name.padEnd(13), String(values.length).padStart(9), at(values, 0.5), at(values, 0.99)].join(" ");
  console.log(row("quiet", quiet));
  console.log(row("flooded", flooded));
  const factor = (share: number) =>
    (Number(at(flooded, share)) / Number(at(quiet, share))).toFixed(2).padStart(9);
  console.log(`${"factor".padEnd(23)} ${factor(0.5)} ${factor(0.99)}`);
}

function at(values: number[], share: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return value.toFixed(2).padStart(9);
}

/** People talk at an even pace; gives, for every delivery to somebody else, how many ms it took. */
async function talk(origin: string, room: string): Promise<number[]> {
  const latencies: number[] = [];
  const people = await Promise.all(
    Array.from({ length: PLAN.people }, (_, index) => enter(roomUrl(origin, room), `p${index}`, latencies)),
  );
  const count = PLAN.secondsEach * PLAN.messagesPerSecond;
  const gapMs = 1_000 / PLAN.messagesPerSecond;
  const speak = async (socket: WebSocket, index: number) => {
    await pause((index * gapMs) / PLAN.people);
    for (let number = 0; number < count; number += 1) {
      socket.send(command("publish", { msg: `p${index}`, msgId: `t${performance.now()}` }));
      await pause(gapMs);
    }
  };
  await Promise.all(people.map(speak));
  for (const socket of people) socket.close(1000);
  return latencies;
}

async function enter(url: string, userId: string, latencies: number[]): Promise<WebSocket> {
  const socket = new WebSocket(url, ["roomcast.v1"]);
  await once(socket, "open");
  socket.send(command("login", { userId }));
  await once(socket, "message");
  socket.on("message", (frame) => {
    const now = performance.now();
    for (const [, sentAt, author] of String(frame).matchAll(/"msgId":"t([\d.]+)","from":"(p\d+)"/g)) {
      if (author !== userId) latencies.push(now - Number(sentAt));
    }
  });
  return socket;
}

/** Tells a flooder to end; gives the number of frames that it sent. */
async function endOf(flooder: ChildProcess): Promise<number> {
  const told = once(flooder, "message");
  flooder.send("end");
  const [sent] = (await told) as [number];
  return sent;
}

/** The flooding process: publishes without pause, and comes back whenever it is thrown out. */
function flood(url: string): void {
  let sent = 0;
  let socket: WebSocket | undefined;
  const connect = () => {
    const next = new WebSocket(url, ["roomcast.v1"]);
    next.on("open", () => next.send(command("login", { userId: "flooder" })));
    next.on("error", () => undefined);
    next.on("close", () => setTimeout(connect, STEP_MS));
    socket = next;
  };
  connect();
  setInterval(() => {
    for (let count = 0; count < (PLAN.floodPerSecond * STEP_MS) / 1_000; count += 1) {
      if (socket?.readyState !== WebSocket.OPEN) return;
      socket.send(command("publish", { msg: "flood" }));
      sent += 1;
    }
  }, STEP_MS);
  process.once("message", () => {
    process.send?.(sent);
    process.exit();
  });
}

function roomUrl(origin: string, room: string): string {
  return `${origin.replace("http", "ws")}/api/rooms/${room}/ws`;
}

function command(cmd: string, data: unknown): string {
  return JSON.stringify({ seq: "b", cmd, data });
}
