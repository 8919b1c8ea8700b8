/**
 * Sends a request of a page to a route of a server of flows.
 * @returns why it was not taken; undefined where it was
 */
export async function send(url: string, init: RequestInit): Promise<string | undefined> {
  try {
    const response = await fetch(url, init)
    return response.ok ? undefined : reasonOf(await response.json())
  } catch {
    return 'The dashboard does not answer; try it again.'
  }
}

/** What an answer that is none says, which a server may have written. */
export function reasonOf(body: unknown): string {
  const { error } = (body ?? {}) as { readonly error?: { readonly message?: unknown } | null }
  return typeof error?.message === 'string' ? error.message : 'The server does not say why.'
}
