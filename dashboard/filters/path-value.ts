/** The text of a path segment: Next gives it as it stands in the URL. A stray "%" is taken literally. */
export function pathValue(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
