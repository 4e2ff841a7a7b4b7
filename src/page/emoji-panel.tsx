import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { language, text } from "./reader";

/** What a button names to open the panel. */
export const PANEL_ID = "emoji-panel";

/** Who gets what is picked: whoever opened the panel last. */
let receiver: ((emoji: string) => void) | undefined;

/** From now on `take` gets what is picked. */
export function receiveEmoji(take: (emoji: string) => void): void {
  receiver = take;
}

/** The one emoji picker of the page. Picker and data (some 80 kB) are loaded at the first opening. */
export function EmojiPanel() {
  const panel = useRef<HTMLDivElement>(null);
  const status = useSignal<"unloaded" | "loading" | "ready" | "failed">("unloaded");

  const load = async () => {
    if (status.peek() === "loading" || status.peek() === "ready") return;
    status.value = "loading";
    try {
      const { createPicker } = await import("./emoji-picker");
      const picker = await createPicker(language, (emoji) => {
        panel.current?.hidePopover();
        receiver?.(emoji);
      });
      panel.current?.append(picker);
      status.value = "ready";
    } catch {
      status.value = "failed";
    }
  };
  return (
    <div
      ref={panel}
      id={PANEL_ID}
      class="emoji-panel"
      popover="auto"
      onToggle={({ newState }) => {
        if (newState === "open") void load();
      }}
    >
      {status.value === "loading" && <p>{text.emojiLoading}</p>}
      {status.value === "failed" && <p>{text.emojiFailed}</p>}
    </div>
  );
}
