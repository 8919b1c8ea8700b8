import type { Store } from '@weir/store'
import { exportTraces } from '@weir/store/export'

/** The text of an export; '' where there is no span. */
export async function exported(store: Store, project: string, traceIds: readonly string[]): Promise<string> {
  let text = ''
  for await (const piece of exportTraces(store, { project, traceIds })) text += piece
  return text
}
