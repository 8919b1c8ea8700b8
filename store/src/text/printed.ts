/**
 * C0, DEL, C1, halves of surrogate pairs, line and paragraph separators, and what turns the direction of text: a terminal
 * acts on them, or shows other text than what is there.
 */
const ACTED_ON = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu
/** https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs: `::error::`, white space before it counts as nothing. */
const COMMAND_AT_START = /^(\s*):/
/** `##[error]` of the same, `##vso[...]` of Azure Pipelines and `##teamcity[...]`, anywhere in a line. */
const COMMAND_ANYWHERE = /##(?=\w*\[)/g
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Text as one line of a terminal or of a CI's log, in which it is nothing but text. What would act is written as in JSON
 * (`\u001b`), so that printed JSON stays the same JSON. Printing twice changes nothing more.
 */
export function printed(text: string): string {
  return text
    .replaceAll(ACTED_ON, (character) => SHORT[character] ?? escaped(character))
    .replace(COMMAND_AT_START, `$1${escaped(':')}`)
    .replaceAll(COMMAND_ANYWHERE, `#${escaped('#')}`)
}

/** Text that may have several lines, each as {@link printed}; all but the first begin with `indent`. */
export function printedLines(text: string, indent: string): string[] {
  return text
    .split(/\r\n|\n/)
    .map((line, index) => printed(index === 0 ? line : `${indent}${line}`.trimEnd()))
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
