import { UsageError } from '@weir/config'
/** Half open: `from` <= start < `to`. */
export interface Window {
  readonly from: Date
  readonly to: Date
}

/** Narrows a side further. A side without `source` takes production runs, except of an experiment. */
export interface SideRestriction {
  readonly window?: Window
  readonly version?: string
  readonly environment?: string
  readonly service?: string
  readonly source?: 'production' | 'experiment'
}

/** Which runs of a flow one side of a comparison is. */
export type Side = SideRestriction &
  (
    | { readonly kind: 'version'; readonly version: string }
    | { readonly kind: 'window'; readonly window: Window }
    | { readonly kind: 'environment'; readonly environment: string }
    | { readonly kind: 'experiment'; readonly experimentId: string }
    | { readonly kind: 'baseline'; readonly name: string; readonly evaluation?: string }
  )

/** A side that does not exist or cannot be read. */
export class CompareError extends UsageError {
  override readonly code: string = 'COMPARE'
}
