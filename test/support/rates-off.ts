/**
 * Variables that turn the rates of commands off. What rates do is shown where they have their defaults; most
 * tests say more in a second than people do.
 */
export const RATES_OFF: Readonly<Record<string, string>> = Object.fromEntries(
  ["PUBLISH", "CHANGE", "QUERY", "SIGNAL", "MANAGE", "LOGIN", "RESEND"].flatMap((kind) => [
    [`${kind}_RATE`, "off"],
    [`USER_${kind}_RATE`, "off"],
  ]),
);
