import type { Value } from './configuration-file.ts'

/** The engines of tables that statements may create: those that keep rows in the data directory or nowhere. */
export const TABLE_ENGINES: readonly string[] = [
  ...['MergeTree', 'ReplacingMergeTree', 'SummingMergeTree', 'AggregatingMergeTree'],
  ...['CollapsingMergeTree', 'VersionedCollapsingMergeTree', 'CoalescingMergeTree'],
  ...['Memory', 'Null', 'Join', 'Set'],
]

/**
 * What statements may do, as the engine's own access control knows it (clickhouse.com/docs/operations/access-rights). The
 * engine runs as its only user, and could reach every file and host that its process reaches. So sources (`file`, `url`,
 * `s3`, `remote`, ...), functions, dictionaries, backups and most of SYSTEM are left out. What has no privilege of its own is refused
 * by forbidden.ts.
 */
const GRANTS = [
  'SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, CREATE TEMPORARY TABLE, DROP, TRUNCATE, OPTIMIZE, CHECK, KILL QUERY, SYSTEM MERGES ON *.*',
  ...TABLE_ENGINES.map((engine) => `TABLE ENGINE ON ${engine}`),
]

/** Reads the rows of an insert from the file that holds them. No statement of a request runs in this role. */
export const LOADER_ROLE = 'loader'

/** Settings by which a statement reaches a file or a host, or holds an expression that forbidden.ts does not see. */
const FIXED_SETTINGS = [
  'additional_result_filter',
  'additional_table_filters',
  'ai_function_embedding_default_credentials',
  'ai_function_text_default_credentials',
  'allow_experimental_eval_table_function',
  'allow_python_table_function',
  'dialect',
  'format_avro_schema_registry_url',
  'format_schema',
  'format_schema_source',
  'format_template_resultset',
  'format_template_row',
  'input_format_record_errors_file_path',
  'output_format_schema',
  'rename_files_after_processing',
  'url_base',
]

/** The engine's `users.xml`. */
export const ACCESS: Value = {
  profiles: {
    default: {
      // Reads are many and small, and of what is in memory: handing each to a pool of threads costs more than the read. On a memory
      // disk a short query took a quarter more for it; of 20 GB on a disk, warm or cold, none took less.
      local_filesystem_read_method: 'pread',
      constraints: Object.fromEntries(FIXED_SETTINGS.map((name) => [name, { readonly: '' }])),
    },
  },
  quotas: { default: '' },
  roles: { [LOADER_ROLE]: { grants: { query: 'GRANT READ ON FILE' } } },
  users: {
    default: {
      password: '',
      networks: { ip: '::/0' },
      profile: 'default',
      quota: 'default',
      grants: { query: [...GRANTS, LOADER_ROLE].map((grant) => `GRANT ${grant}`) },
    },
  },
}
