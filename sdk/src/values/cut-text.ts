/** The beginning of a text, at most `length` UTF-16 units; a character of two of them is kept whole or left out. */
export function cutText(text: string, length: number): string {
  return text.slice(0, endsAmidCharacter(text, length) ? length - 1 : length)
}

function endsAmidCharacter(text: string, at: number): boolean {
  const isLead = (unit: number) => unit >= 0xd800 && unit < 0xdc00
  const isTrail = (unit: number) => unit >= 0xdc00 && unit < 0xe000
  return isLead(text.charCodeAt(at - 1)) && isTrail(text.charCodeAt(at))
}
