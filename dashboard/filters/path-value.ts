/** The text of a path segment: Next gives it as it stands in the URL. */
export function pathValue(segment: string): string {
  return decodeURIComponent(segment)
}

/** Whether every escape of a path can be decoded: Next fails on one that cannot. */
export function isReadablePath(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
