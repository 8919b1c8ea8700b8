import type { AttributeSearch } from '@weir/store/pages'

/** What somebody looks for: words, and attributes of spans. */
export interface Search {
  readonly text: string
  readonly attributes: readonly AttributeSearch[]
}

/** More would take long to look for, and nobody types them. */
const MOST_ATTRIBUTES = 5
const ATTRIBUTE = /(?<!\S)([^\s="]+)=(?:"([^"]*)"|([^\s"]+))(?!\S)/g

/** `key=value` and `key="a value"` are attributes, the rest is words. */
export function parseSearch(search: string): Search {
  const attributes: AttributeSearch[] = []
  const text = search.replaceAll(ATTRIBUTE, (match, key: string, quoted?: string, plain?: string) => {
    if (attributes.length === MOST_ATTRIBUTES) return match
    attributes.push({ key, value: quoted ?? plain ?? '' })
    return ''
  })
  return { text: text.trim().replaceAll(/\s+/g, ' '), attributes }
}
