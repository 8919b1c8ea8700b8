export { type AppliedRetention, readRetention } from './applied-retention.ts'
export { applyRetention, type RetentionPolicy } from './apply-retention.ts'
export { type Removal, type RemovalTotals, removalTotals } from './removals.ts'
