/** What Next gives a page as `searchParams`. */
export type SearchParams = Record<string, string | string[] | undefined>

/** The first value of a parameter, '' where it is absent. */
export function first(params: SearchParams, name: string): string {
  const value = params[name]
  return (Array.isArray(value) ? value[0] : value) ?? ''
}

/** A whole number from 0 to `most`; 0 where the parameter is none. */
export function firstCount(
  params: SearchParams,
  name: string,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  const value = Number(first(params, name))
  return Number.isSafeInteger(value) && value >= 0 && value <= most ? value : 0
}

/** "?a=1&b=2" of the parameters that have a value, '' for none. */
export function toQuery(values: Record<string, string | undefined>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value) query.set(name, value)
  const text = query.toString()
  return text && `?${text}`
}

/** The query string of the same page with some parameters changed; '' takes one away. */
export function withParameters(params: SearchParams, changes: Readonly<Record<string, string>>): string {
  const values = Object.fromEntries(Object.keys(params).map((key) => [key, first(params, key)]))
  return toQuery({ ...values, ...changes })
}
