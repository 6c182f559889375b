package import Alerting
package import HTTP
package import Store

/// The daemon's counters, collected from its parts.
package struct DaemonFigures: Sendable {
    package var overview: StatusPorts.Overview
    package var deliveries: [DeliveryCount]
    package var channels: [ChannelReport]
    package var store: StoreFigures
    package var http: HTTPFigures
    package var process: ProcessFigures
    package var startedAt: Instant
}
