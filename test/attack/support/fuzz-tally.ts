import { type HttpAnswer, judgeAnswer, judgeReply } from "./answer-judge.ts";

/** What a fuzzer sent and what came back: counted, and whatever is wrong kept word for word. */
export class FuzzTally {
  frames = 0;
  requests = 0;
  /** Requests whose connection was ended without an answer. */
  unanswered = 0;
  readonly codes = new Map<string, number>();
  readonly statuses = new Map<string, number>();
  readonly closes = new Map<string, number>();
  readonly offences: string[] = [];

  replied(line: string): void {
    const offence = judgeReply(line);
    if (offence !== undefined) this.offences.push(offence);
    count(this.codes, /"response":\{"code":(\d+)/.exec(line)?.[1] ?? "none");
  }

  answered(answer: HttpAnswer): void {
    const offence = judgeAnswer(answer);
    if (offence !== undefined) this.offences.push(offence);
    count(this.statuses, String(answer.status));
  }

  closed(code: number): void {
    count(this.closes, String(code));
  }

  /** One line for the log of the run. */
  summary(): string {
    return [
      `${this.frames} frames (${list(this.codes)}; closes ${list(this.closes)})`,
      `${this.requests} requests (${list(this.statuses)}; ${this.unanswered} unanswered)`,
    ].join(", ");
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function list(counts: ReadonlyMap<string, number>): string {
  const entries = [...counts].sort(([a], [b]) => Number(a) - Number(b));
  return entries.map(([key, value]) => `${key}: ${value}`).join(", ") || "none";
}
