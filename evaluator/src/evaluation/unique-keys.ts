import { UsageError } from '@weir/config'
/** An object has a key twice, of which JavaScript would keep the last alone. */
export class RepeatedKeyError extends UsageError {
  override readonly code: string = 'REPEATED_KEY'
}

/** In valid JSON a text before a colon is a key: `"a":1` */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}]/g

/** @throws RepeatedKeyError @param json valid JSON */
export function requireUniqueKeys(json: string): void {
  const objects: Set<string>[] = []
  for (const [token, text, colon] of json.matchAll(TOKEN)) {
    if (token === '{') objects.push(new Set())
    else if (token === '}') objects.pop()
    else if (text !== undefined && colon !== undefined) {
      const key = JSON.parse(text) as string
      if (objects.at(-1)?.has(key))
        throw new RepeatedKeyError(`the key ${text} is there twice in one object: remove one`)
      objects.at(-1)?.add(key)
    }
  }
}
