/** Builds the chat page: `src/page` and `public` to `dist/page`, which the Worker serves as it is. */

import { defineConfig, type Plugin } from "vite";
import { SECURITY_HEADERS } from "./src/worker/security-headers.ts";

export default defineConfig({
  root: "src/page",
  publicDir: "../../public",
  plugins: [strictEmojiPicker(), staticHeaders()],
  build: {
    outDir: "../../dist/page",
    emptyOutDir: true,
    target: "es2024",
    // Every browser that runs this code preloads modules; the polyfill would only be weight.
    modulePreload: { polyfill: false },
    // A data: URI would need more of the content security policy than a file does.
    assetsInlineLimit: 0,
  },
});

/**
 * Lets emoji-picker-element live under our content security policy, which allows neither inline styles nor
 * HTML from strings. Three places are rewritten, in what the policy allows to do the same:
 *
 * - its style sheet becomes a constructed one instead of a `<style>` element;
 * - a `style` attribute is set through the CSSOM;
 * - its templates, which are constants of the package, pass through a Trusted Types policy of their own.
 *
 * A place that is not found fails the build: a new version of the package has to be looked at.
 */
function strictEmojiPicker(): Plugin {
  return {
    name: "strict-emoji-picker",
    transform: {
      filter: { id: /emoji-picker-element\/picker\.js$/ },
      handler: (code) => ({ code: TEMPLATE_POLICY + REWRITES.reduce(rewrite, code), map: null }),
    },
  };
}

/**
 * Writes `_headers`, from which Cloudflare takes the headers of static files: the Worker's own for all of
 * them, and a year in the cache for those whose name changes with their content.
 */
function staticHeaders(): Plugin {
  const security = Object.entries(SECURITY_HEADERS).map(([name, value]) => `  ${name}: ${value}`);
  const rules = ["/*", ...security, "/assets/*", "  cache-control: public, max-age=31536000, immutable", ""];
  return {
    name: "static-headers",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "_headers", source: rules.join("\n") });
    },
  };
}

/** The name has to be in the `trusted-types` directive of src/worker/security-headers.ts. */
const TEMPLATE_POLICY = `
const templatePolicy = globalThis.trustedTypes?.createPolicy("emoji-picker", { createHTML: (html) => html })
  ?? { createHTML: (html) => html };
`;

type Rewrite = { readonly from: string; readonly to: string };

const REWRITES: readonly Rewrite[] = [
  {
    from: "template.innerHTML = htmlString;",
    to: "template.innerHTML = templatePolicy.createHTML(htmlString);",
  },
  {
    from: "targetNode.setAttribute(attributeName, newValue);",
    to: `if (attributeName === "style") targetNode.style.cssText = newValue;
        else targetNode.setAttribute(attributeName, newValue);`,
  },
  {
    from: `const style = document.createElement('style');
    style.textContent = baseStyles + EXTRA_STYLES;
    this.shadowRoot.appendChild(style);`,
    to: `const sheet = new CSSStyleSheet();
    sheet.replaceSync(baseStyles + EXTRA_STYLES);
    this.shadowRoot.adoptedStyleSheets = [sheet];`,
  },
];

function rewrite(code: string, { from, to }: Rewrite): string {
  if (code.split(from).length !== 2) {
    throw new Error(`emoji-picker-element has changed. Once and only once this was expected in it: ${from}`);
  }
  return code.replace(from, () => to);
}
