/** Friendly names for people who have not chosen one. */

import type { Language } from "../protocol/codes";

type Words = { readonly traits: string; readonly animals: string; readonly joint: string };

const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    traits:
      "Amber Bright Calm Clever Coral Curious Gentle Golden Happy Jolly Kind Lively Lucky Mellow Merry Misty Quiet Rosy Silver Sunny",
    animals:
      "Badger Crane Dolphin Falcon Finch Fox Hare Heron Koala Lark Lynx Otter Owl Panda Puffin Robin Seal Sparrow Swan Wren",
    joint: " ",
  },
  zh: {
    traits:
      "安静的 聪明的 开心的 好奇的 温柔的 活泼的 勇敢的 快乐的 可爱的 幸运的 从容的 热情的 机灵的 悠闲的 善良的 阳光的",
    animals: "熊猫 水獭 白鹭 小鹿 松鼠 海豚 云雀 狐狸 刺猬 企鹅 考拉 猫头鹰 仙鹤 海豹 麻雀 兔子",
    joint: "",
  },
};

/** Draws a name in the reader's language. `random` gives numbers in [0, 1), as `Math.random` does. */
export function drawName(language: Language, random: () => number): string {
  const { traits, animals, joint } = WORDS[language];
  return draw(traits, random) + joint + draw(animals, random);
}

function draw(words: string, random: () => number): string {
  const list = words.split(" ");
  return list[Math.floor(random() * list.length)] ?? "";
}
