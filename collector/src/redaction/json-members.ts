/** Undefined to keep the value of a member, else what gives its replacement; strings come without their quotes. */
export type ReplaceMember = (key: string) => ((value: string) => string) | undefined

/** JSON in strings of JSON in strings: arguments of tools are, as models write them. */
const MAX_TEXTS_IN_TEXTS = 4
const PARTIAL_ESCAPE = /\\(?:u[0-9a-f]{0,3})?$/i
const COLON = /\s*:\s*/y
const SCALAR = /[^\s,}\]]*/y

/**
 * Replaces values of members `"key": value` of JSON text, JSON text within its strings included. It needs no whole document:
 * text that was cut off, JSON lines and JSON amid prose are read as far as they go, and a value that was cut off ends with
 * the text. Everything else stays as it is, byte for byte.
 * @param text latin1, one character per byte; so are keys and values
 */
export function replaceMembers(text: string, replace: ReplaceMember, depth = 0): string {
  let kept = ''
  let copied = 0
  const put = (start: number, end: number, json: string) => {
    kept += text.slice(copied, start) + json
    copied = end
  }
  for (let at = nextQuote(text, 0); at !== -1; ) {
    const end = stringEnd(text, at)
    const value = end === -1 ? -1 : ends(COLON, text, end)
    if (value !== -1) at = nextQuote(text, replaceValue(text, text.slice(at, end), value, replace, put))
    else {
      const json = depth < MAX_TEXTS_IN_TEXTS ? replaceInString(text, at, end, replace, depth) : undefined
      if (json !== undefined) put(at, end === -1 ? text.length : end, json)
      // Amid prose, the quote that closes here may be the one that opens the next key.
      at = end === -1 ? -1 : json === undefined ? end - 1 : nextQuote(text, end)
    }
  }
  return copied === 0 ? text : kept + text.slice(copied)
}

/** Gives the position from which to go on: within the value, or after it where it was replaced. */
function replaceValue(
  text: string,
  key: string,
  start: number,
  replace: ReplaceMember,
  put: (start: number, end: number, json: string) => void,
): number {
  const toMarker = replace(decoded(key) ?? key.slice(1, -1))
  if (toMarker === undefined) return start
  const end = valueEnd(text, start)
  if (end === start) return start
  const value = text.slice(start, end)
  const isString = value.startsWith('"')
  put(start, end, JSON.stringify(toMarker(isString ? value.replace(/^"|"$/g, '') : value)))
  return end
}

/** The string at `at` written again, if it holds JSON text with a member to replace. */
function replaceInString(
  text: string,
  at: number,
  end: number,
  replace: ReplaceMember,
  depth: number,
): string | undefined {
  const isCutOff = end === -1
  const json = isCutOff ? `${text.slice(at).replace(PARTIAL_ESCAPE, '')}"` : text.slice(at, end)
  if (!json.includes('\\"')) return undefined
  const inner = decoded(json)
  if (inner === undefined) return undefined
  const kept = replaceMembers(inner, replace, depth + 1)
  if (kept === inner) return undefined
  const written = toLatin1(JSON.stringify(fromLatin1(kept)))
  return isCutOff ? written.slice(0, -1) : written
}

function valueEnd(text: string, start: number): number {
  const first = text.charAt(start)
  if (first === '"') return endOr(stringEnd(text, start), text)
  if (first !== '{' && first !== '[') return ends(SCALAR, text, start)
  const opening = /["{}[\]]/g
  opening.lastIndex = start
  let depth = 0
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const [token] = match
    if (token === '"') opening.lastIndex = endOr(stringEnd(text, match.index), text)
    else depth += token === '{' || token === '[' ? 1 : -1
    if (depth === 0) return opening.lastIndex
  }
  return text.length
}

function endOr(end: number, text: string): number {
  return end === -1 ? text.length : end
}

/** A quote that is not escaped. */
function nextQuote(text: string, from: number): number {
  let at = text.indexOf('"', from)
  while (at > 0 && text.charAt(at - 1) === '\\') at = text.indexOf('"', at + 1)
  return at
}

/** After the quote that closes the string opened at `open`; -1 where none does. */
function stringEnd(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at
    while (text.charAt(before - 1) === '\\' && before - 1 > open) before -= 1
    if ((at - before) % 2 === 0) return at + 1
  }
  return -1
}

/** The end of what a sticky expression matches at `from`, -1 where it does not. */
function ends(expression: RegExp, text: string, from: number): number {
  expression.lastIndex = from
  return expression.test(text) ? expression.lastIndex : -1
}

/** The content of a JSON string. */
function decoded(json: string): string | undefined {
  if (!json.includes('\\')) return json.slice(1, -1)
  try {
    return toLatin1(JSON.parse(fromLatin1(json)))
  } catch {
    return undefined
  }
}

function fromLatin1(text: string): string {
  return Buffer.from(text, 'latin1').toString()
}

function toLatin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}
