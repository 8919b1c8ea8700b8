/**
 * A setting of inserts: these indexes are made by merges. So an acknowledgement does not wait for them, and what came just now is read
 * without them.
 */
export const WITHOUT_MERGED_INDEXES = {
  exclude_materialize_skip_indexes_on_insert: 'texts, attribute_pairs',
} as const
