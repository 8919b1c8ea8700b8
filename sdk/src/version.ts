/** Kept equal to package.json by a test. */
export const NAME = '@weir/sdk'
export const VERSION = '0.1.0'
