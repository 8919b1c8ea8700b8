import { WeirError } from '@weir/config'
import { type InsertFailure, isCodeOfColumns } from '@weir/store'

/** What ClickHouse's answer says beside its text. */
export interface InsertErrorOptions extends ErrorOptions {
  readonly exceptionCode?: number | undefined
  /** The first row at fault, counted from 1, where ClickHouse names it. */
  readonly row?: number | undefined
}

/** ClickHouse did not say that it has stored an insert; it may have. */
export class InsertError extends WeirError {
  override readonly code = 'INSERT_FAILED'
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

/** Whether all rows with these columns are refused. */
export function isOfColumns({ exceptionCode }: InsertError): boolean {
  return exceptionCode !== undefined && isCodeOfColumns(exceptionCode)
}

/**
 * The row that an answer names, such as
 * `Code: 469. DB::Exception: Constraint `c` for table weir.spans (…) is violated at row 8. Expression: (…)`.
 */
export function rowIn(answer: string): number | undefined {
  const row = /^Code: 469\..* is violated at row (\d+)\. /.exec(answer)?.[1]
  return row === undefined ? undefined : Number(row)
}
