/**
 * What an insert that failed says about the next try: ClickHouse cannot be reached (`away`); it cannot take inserts
 * now (`busy`); it will never take these blocks (`poison`); or it is not known whether a repetition helps (`unclear`).
 */
export type InsertFailure = 'away' | 'busy' | 'poison' | 'unclear'

/** What ClickHouse's answer says beside its text. */
export interface InsertErrorOptions extends ErrorOptions {
  readonly exceptionCode?: number | undefined
  /** The first row at fault, counted from 1, where ClickHouse names it. */
  readonly row?: number | undefined
}

/** ClickHouse did not say that it has stored an insert; it may have. */
export class InsertError extends Error {
  readonly code = 'WEIR_INSERT_FAILED'
  override readonly name = 'InsertError'
  readonly failure: InsertFailure
  readonly exceptionCode: number | undefined
  readonly row: number | undefined

  constructor(
    message: string,
    failure: InsertFailure,
    { exceptionCode, row, ...options }: InsertErrorOptions = {},
  ) {
    super(message, options)
    this.failure = failure
    this.exceptionCode = exceptionCode
    this.row = row
  }

  /** Whether it may be about what is in the blocks. */
  get isOfContent(): boolean {
    return this.failure === 'poison' || this.failure === 'unclear'
  }

  /** The same, naming no row. */
  withoutRow(): InsertError {
    const { exceptionCode, cause } = this
    return new InsertError(this.message, this.failure, { exceptionCode, cause })
  }
}

// github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
/** Of what is in the blocks: they cannot be read, or do not fit the table. */
const POISON = new Set([
  ...[6, 7, 8, 9, 10, 15, 16, 19, 20, 25, 26, 27, 32, 33, 34, 38, 41, 43, 44, 47, 50, 53, 62, 69, 70, 72],
  ...[117, 128, 131, 190, 321, 349, 407, 469, 632, 636],
])
/** Of the server: overloaded, out of room, read-only, not migrated yet, or without rights for this user. */
const BUSY = new Set([
  ...[60, 75, 76, 81, 159, 160, 164, 173, 192, 193, 194, 198, 201, 202, 203, 209, 210, 216, 218, 225, 236],
  ...[242, 243, 252, 279, 285, 319, 394, 439, 473, 497, 499, 516, 735, 999],
])

/** Of the columns: no row of the blocks is better than another. */
const OF_COLUMNS = new Set([7, 8, 10, 15, 16, 20, 47])

/** Whether all rows with these columns are refused. */
export function isOfColumns({ exceptionCode }: InsertError): boolean {
  return exceptionCode !== undefined && OF_COLUMNS.has(exceptionCode)
}

/**
 * The row that an answer names, such as
 * `Code: 469. DB::Exception: Constraint `c` for table weir.spans (…) is violated at row 8. Expression: (…)`.
 */
export function rowIn(answer: string): number | undefined {
  const row = /^Code: 469\..* is violated at row (\d+)\. /.exec(answer)?.[1]
  return row === undefined ? undefined : Number(row)
}

/** What an answer that is not 200 says about the next try. */
export function failureOf(status: number, exceptionCode: number | undefined): InsertFailure {
  if (exceptionCode === undefined) return status === 413 ? 'unclear' : 'busy'
  if (POISON.has(exceptionCode)) return 'poison'
  return BUSY.has(exceptionCode) ? 'busy' : 'unclear'
}
