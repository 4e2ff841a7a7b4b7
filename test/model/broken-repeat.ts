import type { Command } from "../../src/protocol/frame";
import type { PublishData } from "../../src/protocol/schemas";
import type { Connect } from "./line";

/**
 * A room that does not remember what it accepted: what is sent again is taken for new. The room behind
 * gets it under another msgId, and clients never see that.
 */
export class ForgetsRepeats {
  readonly #inner: Connect;
  #count = 0;

  constructor(inner: Connect) {
    this.#inner = inner;
  }

  readonly connect: Connect = async (room, events) => {
    const line = await this.#inner(room, {
      ...events,
      received: (frame) => events.received(frame.replaceAll(/~\d+"/g, '"')),
    });
    const forgetful = (text: string) => {
      const command = JSON.parse(text) as Command;
      const { tried, ...data } = command.data as PublishData;
      if (command.cmd !== "publish" || tried === undefined) return text;
      this.#count += 1;
      return JSON.stringify({ ...command, data: { ...data, msgId: `${data.msgId}~${this.#count}` } });
    };
    return { ...line, send: (frame) => line.send(frame.split("\n").map(forgetful).join("\n")) };
  };
}
