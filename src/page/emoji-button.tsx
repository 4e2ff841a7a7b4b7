import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { SmileIcon } from "./icons";
import { language, text } from "./reader";

/** Opens the emoji picker. Picker and data (some 80 kB) are loaded at the first opening, not before. */
export function EmojiButton({ onPick }: { readonly onPick: (emoji: string) => void }) {
  const panel = useRef<HTMLDivElement>(null);
  const status = useSignal<"unloaded" | "loading" | "ready" | "failed">("unloaded");

  const load = async () => {
    if (status.peek() === "loading" || status.peek() === "ready") return;
    status.value = "loading";
    try {
      const { createPicker } = await import("./emoji-picker");
      const picker = await createPicker(language, (emoji) => {
        panel.current?.hidePopover();
        onPick(emoji);
      });
      panel.current?.append(picker);
      status.value = "ready";
    } catch {
      status.value = "failed";
    }
  };
  return (
    <>
      <button type="button" class="icon-button" aria-label={text.emoji} popovertarget="emoji-panel">
        <SmileIcon />
      </button>
      <div
        ref={panel}
        id="emoji-panel"
        class="emoji-panel"
        popover="auto"
        onToggle={({ newState }) => {
          if (newState === "open") void load();
        }}
      >
        {status.value === "loading" && <p>{text.emojiLoading}</p>}
        {status.value === "failed" && <p>{text.emojiFailed}</p>}
      </div>
    </>
  );
}
