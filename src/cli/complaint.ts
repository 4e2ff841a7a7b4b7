/** What whoever typed the command can mend. It is printed as a sentence, without a stack. */
export class Complaint extends Error {
  override readonly name = "Complaint";
}

/** Runs a command and returns its exit code. Only what the command is for goes to stdout. */
export async function runCommand(command: () => void | Promise<void>): Promise<number> {
  try {
    await command();
    return 0;
  } catch (error) {
    if (!isComplaint(error)) throw error;
    console.error(error.message);
    return 1;
  }
}

/** Node's own parser of options throws errors whose codes begin so. */
function isComplaint(error: unknown): error is Error {
  if (error instanceof Complaint) return true;
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");
}
