import { first, type SearchParams, withParameters } from './search-params.ts'

/** Addresses of the first and of the next page of a list; undefined where there is none. */
export interface PageLinks {
  readonly first: string | undefined
  readonly next: string | undefined
}

/**
 * Links between the pages of a list whose cursor is in the URL as `parameter`.
 * @param next the cursor that the page gave, null on the last one
 */
export function pageLinks(
  path: string,
  params: SearchParams,
  next: string | null,
  parameter = 'cursor',
): PageLinks {
  const href = (cursor: string) => `${path}${withParameters(params, { [parameter]: cursor })}`
  return {
    first: first(params, parameter) === '' ? undefined : href(''),
    next: next === null ? undefined : href(next),
  }
}
