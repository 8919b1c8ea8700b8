export { formatDuration } from '@weir/config'
