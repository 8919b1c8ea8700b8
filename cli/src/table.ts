import { printed } from '@weir/store/text'
import { print } from './print.ts'

/** Prints columns as wide as their widest cell; numbers are the caller's to format. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  print(...formatTable(head, rows))
}

export function formatTable(head: readonly string[], unprinted: readonly (readonly string[])[]): string[] {
  const rows = unprinted.map((row) => row.map(printed))
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  return [head, ...rows].map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  )
}

export function formatMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`
}

export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}
