import { toQuery } from '#filters/search-params.ts'

/** What the server says of the store: the token of what has settled, or why there is none. */
export type Look =
  | { readonly token: string; readonly problem?: undefined }
  | { readonly problem: string; readonly detail: string }

const TIMEOUT_MS = 10_000

/** Asks `/api/live`; a server that does not answer is a problem as well. */
export async function lookAtStore(flow = ''): Promise<Look> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const response = await fetch(`/api/live${toQuery({ flow })}`, { cache: 'no-store', signal })
    return (await response.json()) as Look
  } catch {
    return { problem: 'The dashboard does not answer', detail: window.location.origin }
  }
}
