/** The emoji picker, an own chunk. Its data is served from our own origin, like everything. */

import Picker from "emoji-picker-element/picker";
import englishData from "emoji-picker-element-data/en/emojibase/data.json?url";
import chineseData from "emoji-picker-element-data/zh/emojibase/data.json?url";
import type { Language } from "../protocol/codes";

/** Makes a picker in a language; `onPick` gets the emoji itself, with the chosen skin tone. */
export async function createPicker(
  language: Language,
  onPick: (emoji: string) => void,
): Promise<HTMLElement> {
  const picker =
    language === "zh"
      ? new Picker({ locale: "zh", dataSource: chineseData, i18n: await chineseWords() })
      : new Picker({ locale: "en", dataSource: englishData });
  picker.addEventListener("emoji-click", ({ detail }) => {
    if (detail.unicode !== undefined) onPick(detail.unicode);
  });
  return picker;
}

async function chineseWords() {
  const { default: words } = await import("emoji-picker-element/i18n/zh_CN");
  return words;
}
