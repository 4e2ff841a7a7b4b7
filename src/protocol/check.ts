import * as z from "zod/mini";
import { CODE, type Code } from "./codes";
import { Refusal } from "./refusal";

/** Reads `input` by a schema: its value, or a refusal that names the first wrong field and what it must be. */
export function check<Schema extends z.ZodMiniType>(
  schema: Schema,
  input: unknown,
  code: Code = CODE.badParameter,
): z.infer<Schema> | Refusal {
  const result = z.safeParse(schema, input, { reportInput: true });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.map(String).join(".") ?? "";
  const reason = `${field === "" ? "data" : field} ${issue === undefined ? "is invalid" : requirement(issue)}`;
  return new Refusal(code, reason, { field: field === "" ? "data" : field });
}

function requirement(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? `is missing; it must be ${article(issue.expected)}`
        : `must be ${article(issue.expected)}`;
    case "too_small":
      return `must be at least ${issue.minimum}`;
    case "too_big":
      return issue.origin === "string"
        ? `must have at most ${issue.maximum} characters`
        : `must be at most ${issue.maximum}`;
    case "invalid_format":
      return `must match ${"pattern" in issue ? String(issue.pattern) : issue.format}`;
    case "unrecognized_keys":
      // Left out, a misspelt end of a ban would make it one without an end.
      return `has a field that is not known: ${issue.keys[0]?.slice(0, 64)}`;
    case "custom":
      return issue.message;
    default:
      return "is invalid";
  }
}

function article(type: string): string {
  if (type === "int") return "a whole number";
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
