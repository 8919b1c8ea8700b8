import { cutText } from '@weir/store/text'
import { DEADLINE_S } from './store.ts'

/** Why the store could not answer, in words for the reader of a page. */
export interface StoreProblem {
  readonly title: string
  readonly advice: string
  readonly detail: string
  /** It may end by itself: a page that says so may ask again by itself. */
  readonly passes?: boolean
}

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
])

/** ClickHouse's error types that mean: the database is not ready for us. */
const SCHEMA = new Set(['UNKNOWN_DATABASE', 'UNKNOWN_TABLE', 'UNKNOWN_IDENTIFIER', 'NO_SUCH_COLUMN_IN_TABLE'])
const ACCESS = new Set(['AUTHENTICATION_FAILED', 'REQUIRED_PASSWORD', 'WRONG_PASSWORD', 'ACCESS_DENIED'])

/** Explains an error of the store or of its configuration; undefined for any other error. */
export function explainStoreError(error: unknown): StoreProblem | undefined {
  if (!(error instanceof Error)) return undefined
  const detail = reason(error)
  const { code = '', type = '' } = error as { code?: string; type?: string }
  if (code.endsWith('_CONFIG')) {
    return {
      title: 'The configuration is not valid',
      advice: 'Correct the environment variable and restart the dashboard.',
      detail,
    }
  }
  if (code === 'SCHEMA') {
    return {
      title: 'The database is of a newer Weir',
      advice:
        'Nothing is shown of what this version may misread. Run the version that migrated the database.',
      detail,
    }
  }
  if (type === 'TIMEOUT_EXCEEDED' || /timeout error/i.test(error.message)) {
    return {
      title: 'ClickHouse needs too long for this page',
      advice: `It answers, but a query of this page may take ${DEADLINE_S} s at most. Choose a shorter time range, or look for less.`,
      detail,
    }
  }
  if (code === 'STORE_SILENT' || NETWORK.has(code) || /socket hang up/i.test(error.message)) {
    return {
      title: 'ClickHouse does not answer',
      advice:
        'Start everything with “weir up”, see “weir status” and “weir doctor”, or check WEIR_CLICKHOUSE_URL.',
      detail,
      passes: true,
    }
  }
  if (SCHEMA.has(type)) {
    return {
      title: 'The database is not set up',
      advice:
        'Its tables are missing or of another version: start “weir up” of this version once, it migrates them.',
      detail,
    }
  }
  if (ACCESS.has(type)) {
    return {
      title: 'ClickHouse refuses access',
      advice: 'Check user and password in WEIR_CLICKHOUSE_URL.',
      detail,
    }
  }
  return undefined
}

/** An AggregateError of a refused connection has its reason in its parts only. */
function reason(error: Error): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((part) => (part instanceof Error ? part.message : String(part))).join('\n')
  }
  return cutText(error.message, 2000)
}
