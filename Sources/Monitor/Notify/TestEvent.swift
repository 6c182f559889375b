import Alerting

/// The event that shows whether a channel works.
enum TestEvent {
    static func delivery(
        _ id: EventID,
        to channel: String,
        instance: String,
        at now: Instant
    ) -> Delivery {
        let event = Event(
            id: id,
            at: now,
            subject: .daemon,
            kind: .test,
            phase: .changed,
            severity: .info,
            summary:
                "test of the channel \(channel) by tokenwatchd on \(instance): nothing is wrong"
        )
        return Delivery(event, to: channel, row: 0, instance: instance, at: now)
    }
}
