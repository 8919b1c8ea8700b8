import type { ReactElement } from 'react'
import { describeUnknownCost, formatKnownCost } from '#format/cost.ts'

interface CostCellProps {
  readonly of: { readonly cost: number; readonly unpricedTokens: number }
  /** How many share the cost, to show that of one. */
  readonly per?: number
  readonly title?: string
}

/** A cost in a table; what is unknown of it is said, and on hover what to do. */
export function CostCell({ of, per, title }: CostCellProps): ReactElement {
  const isNothing = of.cost === 0
  return (
    <td data-numeric data-faint={isNothing || undefined} title={describeUnknownCost(of) ?? title}>
      {formatKnownCost(of, per)}
    </td>
  )
}
