/** Nothing in it means anything to a shell, at the start of a word or later. */
const PLAIN = /^[\w./:@+][\w./:@+=,-]*$/
/** What a terminal acts on when it is pasted; not line breaks, which quotes hold, nor NUL, which no argument holds. */
const PASTED = /[^\P{Cc}\n]+|[\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu

/**
 * Text as one word of a POSIX shell, to be copied into a command:
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02
 * What begins with `-` is an option all the same: write `--flow=${shellWord(flow)}`.
 *
 * @example shellWord("it's") === `'it'\\''s'`
 */
export function shellWord(text: string): string {
  if (PLAIN.test(text)) return text
  const quoted = text.toWellFormed().replaceAll("'", `'\\''`)
  return `'${quoted.replaceAll(PASTED, (characters) => `'"$(printf '${octal(characters)}')"'`)}'`
}

function octal(text: string): string {
  return Array.from(Buffer.from(text), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
}
