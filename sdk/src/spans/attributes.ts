import type { Attributes, AttributeValue } from '@opentelemetry/api'

/** https://opentelemetry.io/docs/specs/otel/common/#attribute */
export function isAttribute(key: unknown, value: unknown): value is AttributeValue {
  return (
    typeof key === 'string' &&
    key !== '' &&
    // It would change the object that holds the attributes.
    key !== '__proto__' &&
    (typeof value === 'string' ||
      typeof value === 'number' ||
      typeof value === 'boolean' ||
      (Array.isArray(value) && value.every((item) => item == null || typeof item !== 'object')))
  )
}

/** Those that are attributes, of whatever a library gave. */
export function onlyAttributes(given: unknown): Attributes {
  const kept: Attributes = {}
  for (const [key, value] of Object.entries(given ?? {})) if (isAttribute(key, value)) kept[key] = value
  return kept
}

/** A text, of whatever stands in its place. */
export function toText(value: unknown): string {
  return typeof value === 'object' ? `[${typeof value}]` : String(value)
}
