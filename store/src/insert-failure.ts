/**
 * What an insert that failed says about the next try: ClickHouse cannot be reached (`away`); it cannot take inserts
 * now (`busy`); it will never take these rows (`poison`); or it is not known whether a repetition helps (`unclear`).
 */
export type InsertFailure = 'away' | 'busy' | 'poison' | 'unclear'

// github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
/** Of what is in the rows: they cannot be read, or do not fit the table. */
const POISON = new Set([
  ...[6, 7, 8, 9, 10, 15, 16, 19, 20, 25, 26, 27, 32, 33, 34, 38, 41, 43, 44, 47, 50, 53, 62, 69, 70, 72],
  ...[117, 128, 131, 190, 321, 349, 407, 469, 632, 636],
])
/** Of the server: overloaded, out of room, read-only, not migrated yet, or without rights for this user. */
const BUSY = new Set([
  ...[60, 75, 76, 81, 159, 160, 164, 173, 192, 193, 194, 198, 201, 202, 203, 209, 210, 216, 218, 225, 236],
  ...[242, 243, 252, 279, 285, 319, 394, 439, 473, 497, 499, 516, 735, 999],
])

/** Of the columns: no row is better than another. */
const OF_COLUMNS = new Set([7, 8, 10, 15, 16, 20, 47])

/** Whether an exception refuses all rows with these columns. */
export function isCodeOfColumns(exceptionCode: number): boolean {
  return OF_COLUMNS.has(exceptionCode)
}

/** What an answer that is not 200 says about the next try. */
export function insertFailureOf(status: number, exceptionCode: number | undefined): InsertFailure {
  if (exceptionCode === undefined) return status === 413 ? 'unclear' : 'busy'
  if (POISON.has(exceptionCode)) return 'poison'
  return BUSY.has(exceptionCode) ? 'busy' : 'unclear'
}
