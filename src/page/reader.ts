/** Whoever sits before this page: the language of its words and the manner of its times. */

import { type Language, languageOf } from "../protocol/codes";
import { textsIn } from "./text";
import { createTimes } from "./times";

/** Chinese for every kind of Chinese, otherwise English. */
export const language: Language = languageOf(navigator.language);

/** The page's words in the reader's language. */
export const text = textsIn(language);

/** A German reader gets English words, so English dates too: half a language is worse than another. */
export const times = createTimes(navigator.language.startsWith(language) ? navigator.language : language);
