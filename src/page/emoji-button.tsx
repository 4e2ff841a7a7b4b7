import { PANEL_ID, receiveEmoji } from "./emoji-panel";
import { SmileIcon } from "./icons";

type EmojiButtonProps = { readonly label: string; readonly onPick: (emoji: string) => void };

/** Opens the page's emoji panel for something that takes an emoji. */
export function EmojiButton({ label, onPick }: EmojiButtonProps) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      popovertarget={PANEL_ID}
      onClick={() => receiveEmoji(onPick)}
    >
      <SmileIcon />
    </button>
  );
}
