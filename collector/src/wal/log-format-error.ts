import { UsageError } from '@weir/config'
/** A newer version has written in the log: this one would take its blocks for damaged ones. */
export class LogFormatError extends UsageError {
  override readonly code = 'LOG_FORMAT'

  /** @param index path of the segment's index */
  constructor(index: string, found: string, known: string) {
    super(
      `${index} is of format ${found} of the log, written by a newer Weir; this one reads format ${known}. ` +
        'Run the newer version until it has delivered its log, or give this one a WEIR_HOME of its own',
    )
  }
}
