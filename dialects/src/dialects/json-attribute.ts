import { attributeText } from '../otlp/any-value.ts'
import { type AttributeList, STRING } from '../otlp/attributes.ts'
import type { CompiledPaths } from './compile.ts'

/** The JSON value of a text; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Reads scalars out of one attribute's JSON text, which is parsed once, if at all. */
export class JsonAttribute {
  #of = -1
  #value: unknown

  /** The next span has other attributes. */
  forget(): void {
    this.#of = -1
  }

  /** The first text or number at one of the paths; '' for none. */
  scalar(bytes: Buffer, attributes: AttributeList, at: number, { paths, words }: CompiledPaths): string {
    if (this.#of !== at) {
      if (!mayHave(bytes, attributes, at, words)) return ''
      this.#of = at
      this.#value = parseJson(attributeText(bytes, attributes, at))
    }
    return firstScalar(this.#value, paths)
  }
}

function mayHave(bytes: Buffer, attributes: AttributeList, at: number, words: readonly Buffer[]): boolean {
  if (attributes.type[at] !== STRING) return true
  const text = bytes.subarray(attributes.valueStart[at]!, attributes.valueEnd[at]!)
  return words.some((word) => text.includes(word))
}

function firstScalar(json: unknown, paths: readonly (readonly string[])[]): string {
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
