'use client'

import dynamic from 'next/dynamic'
import { type ReactElement, useState } from 'react'
import { formatUtc } from '#format/time.ts'
import { formatValue, type TimeChartProps } from './series.ts'
import styles from './time-chart.module.css'

// The chart library comes when a chart is on the page, after the page is readable.
const Plot = dynamic(() => import('./plot.tsx').then(({ Plot }) => Plot), {
  ssr: false,
  loading: () => <div className={styles.loading} />,
})

/** Values over time; the same numbers as a table for who cannot see the picture. */
export function TimeChart(props: TimeChartProps): ReactElement {
  const { title, series } = props
  const [open, setOpen] = useState(false)
  return (
    <figure className={styles.figure} aria-label={title}>
      <ul className={styles.legend} hidden={series.length === 1}>
        {series.map(({ key, label, color, shape, dash }) => (
          <li key={key}>
            <svg width="18" height="10" aria-hidden="true">
              {shape === 'bar' ? (
                <rect x="3" y="0" width="11" height="10" rx="2" fill={color} />
              ) : (
                <line x1="0" x2="18" y1="5" y2="5" stroke={color} strokeWidth="2" strokeDasharray={dash} />
              )}
            </svg>
            {label}
          </li>
        ))}
      </ul>
      <div className={styles.plot} aria-hidden="true">
        <Plot {...props} />
      </div>
      <span className={styles.zone} aria-hidden="true">
        UTC
      </span>
      <details className={styles.data} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          As a table<span className="hidden-text">: {title}</span>
        </summary>
        {open ? <Values {...props} /> : null}
      </details>
    </figure>
  )
}

function Values({ title, series, points, unit, error }: TimeChartProps): ReactElement {
  return (
    <div className={styles.rows}>
      <table>
        <caption className="hidden-text">{title}</caption>
        <thead>
          <tr>
            <th scope="col">From (UTC)</th>
            {series.map(({ key, label }) => (
              <th key={key} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points.map((point) => (
            <tr key={point.at}>
              <th scope="row">{formatUtc(point.at).slice(0, 16)}</th>
              {series.map(({ key }) => (
                <td key={key}>{formatValue(unit, point[key] ?? null, error)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
