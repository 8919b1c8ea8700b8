import { printed, printedLines } from '@weir/store/text'

/** Lines on standard output: whatever names and messages are in them, they are text to a terminal and to a CI. */
export function print(...lines: readonly string[]): void {
  for (const line of lines) console.log(printed(line))
}

/** The same on standard error. */
export function printError(...lines: readonly string[]): void {
  for (const line of lines) console.error(printed(line))
}

/** What went wrong, on standard error: each of its lines begins with our name. */
export function printProblem(message: unknown): void {
  printError(...printedLines(String(message), '').map((line) => `weir: ${line}`))
}

/** A value as JSON on standard output. */
export function printJson(value: unknown, indent = 2): void {
  console.log(printedJson(JSON.stringify(value, null, indent)))
}

/** The same JSON, in which what a terminal or a CI would act on is escaped. Of a part of it, no line may begin with a colon. */
export function printedJson(text: string): string {
  return text.replaceAll(/[^\n]+/g, printed)
}
