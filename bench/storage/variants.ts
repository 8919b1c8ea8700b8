/** A way to store spans: a change to the statement that creates the table as migrated. */
export interface Variant {
  readonly name: string
  readonly change: (statement: string) => string
}

const NO_CHANGE = (statement: string): string => statement

/** Changes the line of a column, as SHOW CREATE TABLE writes it. */
const column = (name: string, change: (definition: string) => string) => (statement: string) =>
  replaced(statement, new RegExp(`^ {4}\`${name}\` .*$`, 'm'), change)
const codec = (codecs: string, ...names: string[]) =>
  all(
    ...names.map((name) =>
      column(
        name,
        (line) => `${line.replace(/ CODEC\(.*\)(?=,?$)/, '').replace(/,?$/, '')} CODEC(${codecs}),`,
      ),
    ),
  )
const text = (...names: string[]) =>
  all(...names.map((name) => column(name, (line) => line.replace('LowCardinality(String)', 'String'))))
const partition = (expression: string) => (statement: string) =>
  replaced(statement, /^ORDER BY/m, () => `PARTITION BY ${expression}\nORDER BY`)
const order = (expression: string) => (statement: string) =>
  replaced(statement, /^ORDER BY .*$/m, () => `ORDER BY ${expression}`)
const setting = (name: string, value: string) => (statement: string) =>
  replaced(statement, /^SETTINGS /m, () => `SETTINGS ${name} = ${value}, `).replace(
    new RegExp(`(SETTINGS .*), ${name} = [^,\\n]+`),
    '$1',
  )
const noIndex = (name: string) => (statement: string) =>
  replaced(statement, new RegExp(`,\\n {4}INDEX ${name} [^\\n]*?(?=,?\\n)`), () => '')
const index = (definition: string) => (statement: string) =>
  replaced(statement, /\n\)\nENGINE/, () => `,\n    INDEX ${definition}\n)\nENGINE`)

const PAIRS = `arrayMap((key, value) -> concat(key, '=', value), mapKeys(attributes), mapValues(attributes))`
const withoutIndex = all(noIndex('attribute_pairs'), noIndex('new_attribute_pairs'))

/** Each changes one thing of what was chosen. */
export const VARIANTS: readonly Variant[] = [
  { name: 'as migrated', change: NO_CHANGE },
  { name: 'PARTITION BY toYYYYMM(start)', change: partition('toYYYYMM(start)') },
  { name: 'PARTITION BY toYYYYMMDD(start)', change: partition('toYYYYMMDD(start)') },
  { name: 'PARTITION BY toYYYYMMDD(received)', change: partition('toYYYYMMDD(received)') },
  {
    name: 'ORDER BY project, hour, trace_id, span_id',
    change: order('(project, toStartOfHour(start), trace_id, span_id)'),
  },
  {
    name: 'default codecs',
    change: codec(
      'Default',
      'trace_id',
      'span_id',
      'parent_span_id',
      'declared_run_id',
      'session_id',
      'user_id',
      'step_index',
      'input_tokens',
      'output_tokens',
      'cost',
      'start',
      'end',
      'received',
    ),
  },
  { name: 'DoubleDelta for times', change: codec('DoubleDelta, ZSTD(1)', 'start', 'end', 'received') },
  { name: 'Gorilla for cost', change: codec('Gorilla, ZSTD(1)', 'cost') },
  { name: 'ZSTD(3) for payloads and attributes', change: codec('ZSTD(3)', 'input', 'output', 'attributes') },
  { name: 'LZ4 for payloads', change: codec('LZ4', 'input', 'output') },
  { name: 'names and types as String', change: text('name', 'span_name', 'attribute_types') },
  {
    name: 'attributes as one String',
    change: all(
      withoutIndex,
      column('attributes', (line) => line.replace('Map(LowCardinality(String), String)', 'String')),
    ),
  },
  { name: 'index_granularity 512', change: setting('index_granularity', '512') },
  { name: 'index_granularity 8192', change: setting('index_granularity', '8192') },
  { name: 'compact parts to 10 MiB (default)', change: setting('min_bytes_for_wide_part', '10485760') },
  { name: 'compact parts to 1 GiB', change: setting('min_bytes_for_wide_part', '1073741824') },
  { name: 'horizontal merges', change: setting('enable_vertical_merge_algorithm', '0') },
  { name: 'without the attribute index', change: withoutIndex },
  {
    name: 'bloom filter of keys, and of values',
    change: all(
      withoutIndex,
      index('keys mapKeys(attributes) TYPE bloom_filter(0.01) GRANULARITY 1'),
      index('values mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1'),
    ),
  },
  {
    name: 'bloom filter of key=value texts',
    change: all(withoutIndex, index(`pairs ${PAIRS} TYPE bloom_filter(0.01) GRANULARITY 1`)),
  },
  {
    name: 'text index of key=value texts',
    change: all(withoutIndex, index(`pairs ${PAIRS} TYPE text(tokenizer = 'array')`)),
  },
  {
    name: 'text index of input and output',
    change: all(
      ...['input', 'output'].map((name) =>
        index(
          `${name}_words ${name} TYPE text(tokenizer = 'splitByNonAlpha', preprocessor = lower(${name}))`,
        ),
      ),
    ),
  },
  {
    name: 'token bloom filter of input and output',
    change: all(
      ...['input', 'output'].map((name) =>
        index(`${name}_words lower(${name}) TYPE tokenbf_v1(8192, 3, 0) GRANULARITY 1`),
      ),
    ),
  },
]

/** How wide merges are decides how often a row is merged. */
export const MERGES: readonly Variant[] = [5, 10, 16, 32].map((base) => ({
  name: `merge_selector_base ${base}`,
  change: setting('merge_selector_base', String(base)),
}))

function all(...changes: ((statement: string) => string)[]): (statement: string) => string {
  return (statement) => changes.reduce((changed, change) => change(changed), statement)
}

function replaced(statement: string, pattern: RegExp, change: (found: string) => string): string {
  if (!pattern.test(statement)) throw new Error(`no ${pattern} in ${statement}`)
  return statement.replace(pattern, change)
}
