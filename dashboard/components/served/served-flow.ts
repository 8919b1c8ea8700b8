export type JsonSchema = Readonly<Record<string, unknown>>

/** A flow as a server offers it. */
export interface ServedFlow {
  /** By which the server runs it. */
  readonly name: string
  /** Its own name: that of its runs. */
  readonly flow: string
  readonly version?: string | undefined
  readonly description?: string | undefined
  /** Of its input; undefined where the server does not say. */
  readonly input?: JsonSchema | undefined
  /** What its runs may wait for. */
  readonly signals: readonly ServedSignal[]
}

export interface ServedSignal {
  readonly name: string
  readonly value?: JsonSchema | undefined
}

/** A flow, and who offers it. */
export interface Offer extends ServedFlow {
  /** URL of the server. */
  readonly server: string
  readonly kind: 'Weir' | 'Genkit'
}

/** How a run goes, as `GET /runs/:id` of its server tells. */
export interface RunView {
  readonly status: string
  readonly waitingFor?: readonly PendingWait[]
}

/** What a suspended run waits for: a signal, or a time. */
export interface PendingWait {
  readonly signal?: string
  readonly key?: string
  /** ISO 8601. */
  readonly until?: string
}
