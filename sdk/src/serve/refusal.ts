/** A request that is not answered with a run, and why. */
export class Refusal extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }

  toResponse(): Response {
    const { status, message, headers } = this
    return Response.json({ error: { type: 'Refusal', message } }, { status, headers })
  }
}
