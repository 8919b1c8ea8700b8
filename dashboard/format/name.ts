/** A name as a page says it; one without a character would be a link or a heading that nobody sees. */
export function nameText(name: string): string {
  return name.trim() === '' ? '(no name)' : name
}
