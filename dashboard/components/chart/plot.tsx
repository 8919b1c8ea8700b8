'use client'

import type { ReactElement } from 'react'
import { Bar, CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { formatBucket, formatUtc } from '#format/time.ts'
import { formatValue, type TimeChartProps } from './series.ts'
import styles from './time-chart.module.css'

const AXIS = { fontSize: 11, fill: 'var(--text-3)' }

/** The picture itself: the only file that loads the chart library. */
export function Plot({ series, points, unit, error = 0 }: TimeChartProps): ReactElement {
  const spanMs = (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0)
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart data={[...points]} margin={{ top: 6, right: 4, bottom: 0, left: 0 }} barCategoryGap={1}>
        <CartesianGrid vertical={false} stroke="var(--border)" />
        <XAxis
          dataKey="at"
          tickFormatter={(at: number) => formatBucket(at, spanMs)}
          tick={AXIS}
          tickLine={false}
          axisLine={{ stroke: 'var(--border-strong)' }}
          minTickGap={44}
        />
        <YAxis
          tickFormatter={(value: number) => (value === 0 ? '0' : formatValue(unit, value))}
          tick={AXIS}
          tickLine={false}
          axisLine={false}
          width={58}
          allowDecimals={unit !== 'count'}
          domain={unit === 'percent' ? [0, 1] : [0, 'auto']}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--border-strong)', fill: 'var(--hover)', fillOpacity: 0.6 }}
          content={({ active, label }) =>
            active ? <Reading at={Number(label)} {...{ series, points, unit, error }} /> : null
          }
        />
        {series.map(({ key, label, color, shape, dash }) =>
          shape === 'bar' ? (
            <Bar key={key} dataKey={key} name={label} fill={color} stackId="bars" isAnimationActive={false} />
          ) : (
            <Line
              key={key}
              dataKey={key}
              name={label}
              stroke={color}
              strokeWidth={1.75}
              {...(dash ? { strokeDasharray: dash } : {})}
              dot={(dot: DotProps) => (
                <Dot
                  key={dot.index}
                  {...dot}
                  always={points.length < 30}
                  values={points.map((point) => point[key] ?? null)}
                />
              )}
              connectNulls={false}
              isAnimationActive={false}
              type="linear"
            />
          ),
        )}
      </ComposedChart>
    </ResponsiveContainer>
  )
}

interface DotProps {
  readonly cx?: number | undefined
  readonly cy?: number | undefined
  readonly index?: number | undefined
  readonly stroke?: string | undefined
}

interface IsolatedDotProps extends DotProps {
  /** Mark every value: there are few. */
  readonly always: boolean
  readonly values: readonly (number | null)[]
}

/** Marks a value that no line reaches, because its neighbours have none. */
function Dot({ cx, cy, index = 0, stroke, always, values }: IsolatedDotProps): ReactElement | null {
  const isolated = (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null
  if (cx === undefined || cy === undefined || (values[index] ?? null) === null || !(always || isolated))
    return null
  return <circle cx={cx} cy={cy} r={2.5} fill={stroke} />
}

interface ReadingProps extends Pick<TimeChartProps, 'series' | 'points' | 'unit'> {
  readonly error: number
  readonly at: number
}

function Reading({ at, series, points, unit, error }: ReadingProps): ReactElement | null {
  const point = points.find((candidate) => candidate.at === at)
  if (!point) return null
  return (
    <div className={styles.reading}>
      <p>{formatUtc(at).slice(0, 16)} UTC</p>
      {series.map(({ key, label, color }) => (
        <p key={key}>
          <span className={styles.swatch} style={{ background: color }} />
          {label}
          <strong>{formatValue(unit, point[key] ?? null, error)}</strong>
        </p>
      ))}
    </div>
  )
}
