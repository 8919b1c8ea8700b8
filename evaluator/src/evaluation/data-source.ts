/** Where the cases come from, read when the evaluation runs. */
export type DataSource =
  | { readonly type: 'dataset'; readonly reference: string }
  | { readonly type: 'jsonl'; readonly path: string }

/** A stored dataset: `dataset('research')` for the latest version, `dataset('research@3')` for one. */
export function dataset(reference: string): DataSource {
  return { type: 'dataset', reference }
}

/** A file of one JSON case per line; a relative path starts at the evaluation's file. */
export function jsonl(path: string | URL): DataSource {
  return { type: 'jsonl', path: String(path) }
}

export function isDataSource(value: unknown): value is DataSource {
  const { type } = (value ?? {}) as { type?: unknown }
  return type === 'dataset' || type === 'jsonl'
}
