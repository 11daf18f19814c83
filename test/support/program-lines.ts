/**
 * The protocol between a program and the test or check that started it (json-program.ts): lines of JSON on standard
 * input and output.
 */
import { createInterface } from "node:readline";

export function settings(): unknown {
  return JSON.parse(process.argv[2] ?? "{}");
}

export function say(line: { readonly type: string } & Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line, plain)}\n`);
}

/** Calls back with each line. When the input ends, the parent has exited. */
export function hear(reported: (message: { readonly type: string }) => void): void {
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      reported(JSON.parse(line) as { type: string });
    })
    .on("close", () => process.exit());
}

/** Answers questions by their type. */
export function answer(
  answers: Readonly<Record<string, (question: never) => object | Promise<object>>>,
): void {
  hear((question) => {
    void Promise.resolve(answers[question.type]?.(question as never)).then((answered) => {
      say({ ...answered, type: question.type });
    });
  });
}

/** Keeps the message of errors, which JSON alone would drop. */
function plain(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return Object.assign({ name: value.name, message: value.message }, value);
}
