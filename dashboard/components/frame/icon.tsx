import type { ReactElement } from 'react'

/** Paths on a 16 x 16 grid, stroked with the current colour. */
const PATHS = {
  weir: 'M1 5.5c1.6-1.6 3.1-1.6 4.7 0 1 1 2 1.4 3 1.2M8.7 2.5v11M8.7 9.2c2 .2 2.2 2.2 6.3 2.2M1 9.5c1.6-1.6 3.1-1.6 4.7 0M1 13.5h14',
  overview: 'M2 2.5h5v5H2zM9 2.5h5v3H9zM9 7.5h5v6H9zM2 9.5h5v4H2z',
  runs: 'M2 3.5h7M5 8h7M8 12.5h6',
  compare: 'M8 2v12M2 6.5h3.5v5H2zM10.5 3.5H14v8h-3.5z',
  evaluation: 'M6 2h4M7 2v4L3 12.5c-.4.8 0 1.5 1 1.5h8c1 0 1.4-.7 1-1.5L9 6V2M5 10h6',
  dataset:
    'M2.5 4c0-1 2.5-2 5.5-2s5.5 1 5.5 2-2.5 2-5.5 2-5.5-1-5.5-2zM2.5 4v8c0 1 2.5 2 5.5 2s5.5-1 5.5-2V4M2.5 8c0 1 2.5 2 5.5 2s5.5-1 5.5-2',
  monitor: 'M1.5 8.5h3l2-5 3 9 2-4h3',
  settings:
    'M2 4.5h7M12.5 4.5H14M2 11.5h1.5M7 11.5h7M9 4.5a1.75 1.75 0 1 0 3.5 0a1.75 1.75 0 1 0-3.5 0M3.5 11.5a1.75 1.75 0 1 0 3.5 0a1.75 1.75 0 1 0-3.5 0',
  sun: 'M8 5a3 3 0 1 0 0 6a3 3 0 1 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1',
  moon: 'M13.5 9.5A6 6 0 1 1 6.5 2.5a5 5 0 0 0 7 7z',
  system: 'M2 3h12v8H2zM6 14h4M8 11v3',
  check: 'M3 8.5l3.5 3.5L13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  clock: 'M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M8 5v3.5l2 1.5',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  stop: 'M4 4h8v8H4z',
  minus: 'M3.5 8h9',
  replay: 'M3 8a5 5 0 1 0 1.5-3.5L3 6M3 2.5V6h3.5',
  question: 'M6 6a2 2 0 1 1 3 1.7c-.7.4-1 .8-1 1.6M8 12v.1',
  warning: 'M8 2.5L14.5 13.5h-13zM8 6.5v3.5M8 11.9v.1',
  up: 'M8 13V3M4 7l4-4 4 4',
  down: 'M8 3v10M4 9l4 4 4-4',
  open: 'M3.5 6l4.5 4.5L12.5 6',
  right: 'M6 3.5l4.5 4.5L6 12.5',
  copy: 'M5.5 5.5h8v8h-8zM3 10.5H2.5v-8h8V3',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.5 10.5L14 14',
  flow: 'M2 4h3.5c3 0 2 8 5 8H14M11.5 9.5L14 12l-2.5 2.5',
  step: 'M3 3h10v10H3z',
  attempt: 'M3 8a5 5 0 1 0 1.5-3.5L3 6M3 2.5V6h3.5',
  model: 'M8 1.5l1.7 4.8L14.5 8l-4.8 1.7L8 14.5l-1.7-4.8L1.5 8l4.8-1.7z',
  tool: 'M10 2.5a3.5 3.5 0 0 0-3.3 4.7L2.5 11.4l2.1 2.1 4.2-4.2A3.5 3.5 0 0 0 13.3 5L11 7 9 5z',
  agent: 'M3 6h10v7H3zM8 6V3M6 9v1M10 9v1',
  retrieval: 'M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.5 10.5L14 14M5 7h4',
  prompt: 'M2.5 3h11v8H8l-3 2.5V11H2.5z',
  guardrail: 'M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4z',
  span: 'M2 8h12',
} as const

export type IconName = keyof typeof PATHS

/** Decoration: the text beside it carries the meaning. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): ReactElement {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: 'none' }}
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
