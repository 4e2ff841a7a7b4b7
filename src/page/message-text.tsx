import { linkify } from "./linkify";

/** One to three emoji and nothing else are shown large. */
const ONLY_EMOJI = /^(?:\p{RGI_Emoji}\s*){1,3}$/v;

/** A message's words. They become text nodes and links, never markup, so nothing in them can run. */
export function MessageText({ message }: { readonly message: string }) {
  return (
    <div class={ONLY_EMOJI.test(message) ? "words only-emoji" : "words"} dir="auto">
      {linkify(message).map(({ text, href }) =>
        href === undefined ? (
          text
        ) : (
          <a href={href} target="_blank" rel="noopener noreferrer nofollow ugc" referrerpolicy="no-referrer">
            {text}
          </a>
        ),
      )}
    </div>
  );
}
