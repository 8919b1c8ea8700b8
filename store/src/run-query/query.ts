import type { FieldName } from './fields.ts'

/** What a query of runs says. `all` is the empty query. */
export type Query = All | Group | Not | Field | Attribute | Word

interface All {
  readonly type: 'all'
}

/** Two or more; a group in a group of its own type is part of that one. */
interface Group {
  readonly type: 'and' | 'or'
  readonly queries: readonly Query[]
}

interface Not {
  readonly type: 'not'
  readonly query: Query
}

/** What Weir knows of a run. */
export interface Field {
  readonly type: 'field'
  readonly field: FieldName
  readonly operator: Operator
  readonly value: Value
}

/** What clients say of spans, their resource and their scope. */
export interface Attribute {
  readonly type: 'attribute'
  readonly key: string
  /** It was written like text that may stand in a run as it is, as `timeout=30s` may: then such text is found too. */
  readonly orText: boolean
  readonly operator: Operator
  readonly value: Value
}

/** Text that stands in the run or in one of its spans. */
interface Word {
  readonly type: 'word'
  readonly text: string
}

/** `:` takes patterns and ranges, `=` and `!=` take a value as it is. */
export type Operator = ':' | '=' | '!=' | '>' | '<' | '>=' | '<='

export type Value = Pattern | Amount | Range

/** A text; with `*` before or after it, more may stand there. */
export interface Pattern {
  readonly type: 'pattern'
  readonly text: string
  readonly before: boolean
  readonly after: boolean
}

export interface Amount {
  readonly type: 'amount'
  /** As it was written: "3s", "$0.02", "500". */
  readonly text: string
}

/** Both ends belong to it. */
export interface Range {
  readonly type: 'range'
  readonly from: Amount
  readonly to: Amount
}
