/** A value of one of the engine's configuration files. */
export type Value = number | string | readonly string[] | { readonly [name: string]: Value }

/** An element of such a file in XML, without attributes; for a list, one element a member. */
export function toElement(name: string, value: Value): string {
  if (isList(value)) return value.map((member) => toElement(name, member)).join('')
  const content =
    typeof value === 'object'
      ? Object.entries(value)
          .map(([child, inner]) => toElement(child, inner))
          .join('')
      : String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<${name}>${content}</${name}>`
}

function isList(value: Value): value is readonly string[] {
  return Array.isArray(value)
}
