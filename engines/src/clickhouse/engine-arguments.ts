import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ACCESS } from './access.ts'
import { toElement } from './configuration-file.ts'

const MIB = 1024 * 1024
/** Merges at the same time, and how many places have to be free for the next one to be of any size. */
const MERGES = 6
const FREE_FOR_LARGE = 5

// The engine's own defaults are a server's: caches of 5 GiB each. These suit one of several processes on a developer's
// machine. An insert is on the disk before it is acknowledged (2.8 ms more per insert than without).
const CONFIGURATION = {
  mark_cache_size: 64 * MIB,
  index_mark_cache_size: 16 * MIB,
  primary_index_cache_size: 64 * MIB,
  query_condition_cache_size: 16 * MIB,
  uncompressed_cache_size: 0,
  compiled_expression_cache_size: 16 * MIB,
  max_server_memory_usage_to_ram_ratio: 0.5,
  // Large merges are few and give way to small ones: where merging cannot keep up, few large parts wait, and not many small
  // ones that every query would have to read.
  background_merges_mutations_scheduling_policy: 'shortest_task_first',
  background_pool_size: 2,
  background_merges_mutations_concurrency_ratio: MERGES / 2,
  merge_tree: {
    // Sketches of each column, for the planner. They cost a twentieth of an insert and of a merge of spans, and a third of a short query.
    auto_statistics_types: '',
    number_of_free_entries_in_pool_to_lower_max_size_of_merge: FREE_FOR_LARGE,
    fsync_after_insert: 1,
    fsync_part_directory: 1,
    // Sizes read late can be those of a part that is just being removed, and that ends the process (ClickHouse#112691).
    columns_and_secondary_indices_sizes_lazy_calculation: 0,
    // Damaged parts are set aside at the start, which status and doctor say, whatever their number and size: by default a
    // single one above 1 GiB keeps its table, and so all of Weir, from starting.
    max_suspicious_broken_parts: 1_000_000,
    max_suspicious_broken_parts_bytes: 2 ** 50,
  },
}

/** Writes the engine's configuration into its data directory, and returns the arguments that name it. */
export function engineArguments(path: string): string[] {
  const users = join(path, 'weir-users.xml')
  const file = join(path, 'weir-config.xml')
  writeFileSync(users, `${toElement('clickhouse', ACCESS)}\n`)
  writeFileSync(file, `${toElement('clickhouse', { users_config: users, ...CONFIGURATION })}\n`)
  return [`--config-file=${file}`]
}
