/**
 * SQL over `resolved`: (priority, name) of what a span has to say about its run's flow. The lowest priority wins, then
 * the earliest: the run's flow span, what any span declares, the name of a root that is no flow span.
 */
export const FLOW_CANDIDATE = `multiIf(
        rank = 2, (0, if(wire.declared_flow != '', wire.declared_flow, wire.name)),
        wire.declared_flow != '', (1, toString(wire.declared_flow)),
        rank = 1, (2, wire.name),
        (3, ''))`
