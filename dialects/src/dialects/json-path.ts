/** The JSON value of a text; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The first text or number at one of the paths of a JSON value; '' for none. */
export function firstScalar(json: unknown, paths: readonly (readonly string[])[]): string {
  for (const path of paths) {
    const text = scalarAt(json, path)
    if (text !== '') return text
  }
  return ''
}

function scalarAt(json: unknown, path: readonly string[]): string {
  let value = json
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return ''
    value = (value as Record<string, unknown>)[segment]
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
