/**
 * The protocol between these programs and the check that started them: lines of JSON on standard
 * input and output.
 */
import { createInterface } from "node:readline";

export function settings(): unknown {
  return JSON.parse(process.argv[2] ?? "{}");
}

export function say(line: { readonly type: string } & Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Answers questions by their type. The end of the questions means that the parent has exited. */
export function answer(
  answers: Readonly<Record<string, (question: never) => object | Promise<object>>>,
): void {
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      const question = JSON.parse(line) as { readonly type: string };
      void Promise.resolve(answers[question.type]?.(question as never)).then((answered) => {
        say({ ...answered, type: question.type });
      });
    })
    .on("close", () => process.exit());
}
