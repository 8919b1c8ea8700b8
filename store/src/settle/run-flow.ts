/**
 * SQL over `resolved`: (priority, name) of what a span has to say about its run's flow. The lowest priority wins, then
 * the earliest: the run's flow span, what any span declares, the name of a root that is no flow span.
 */
export const FLOW_CANDIDATE = `multiIf(
        rank = 2, (0, if(row.declared_flow != '', row.declared_flow, row.name)),
        row.declared_flow != '', (1, toString(row.declared_flow)),
        rank = 1, (2, row.name),
        (3, ''))`
