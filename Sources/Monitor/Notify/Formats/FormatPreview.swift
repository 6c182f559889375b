import Alerting
import Formats

/// The request that a format makes of an event, without secrets.
package struct FormatPreview: Hashable, Sendable {
    package let method: String
    package let url: String
    /// The headers, in the order in which they are sent.
    package let headers: [String]
    package let body: String

    /// The placeholder for secrets.
    package static let mask = "SECRET"

    /// Makes the request; nil if the format sends nothing in the event's phase.
    ///
    /// - Parameters:
    ///   - format: The format.
    ///   - message: The message to send; see ``ExampleEvent``.
    package init?(_ format: MessageFormat, of message: Message) {
        var values = FormatValues()
        for input in format.inputs {
            if input.isSecret {
                values.secrets[input.name] = try? Secret(validating: Self.mask.utf8)
            } else {
                values.params[input.name] = input.example ?? input.fallback ?? input.placeholder
            }
        }
        let spelling = MessageSpelling(
            format: format,
            message: message,
            values: values,
            page: nil
        )
        guard let request = spelling.request else { return nil }
        method = request.method
        let address = format.url.fallback ?? format.url.example ?? "https://receiver.example"
        url = WebhookTarget.join(address, request.path)
        var lines = request.headers.map { "\($0.name): \($0.value)" }
        if format.hasBasicAuth {
            lines = lines.map {
                $0.hasPrefix("authorization: Basic") ? "authorization: Basic \(Self.mask)" : $0
            }
        }
        headers =
            lines + ["user-agent: tokenwatchd/\(Version.number)", "webhook-id: \(message.id)"]
        body = String(decoding: request.body, as: UTF8.self)
    }
}

extension MessageFormat.Input {
    /// The placeholder for an unknown value.
    fileprivate var placeholder: String { name.uppercased() }
}

/// An example event to test formats.
package enum ExampleEvent {
    /// Returns a token that expires in some days; or, if `isResolved`, a renewed token.
    package static func message(isResolved: Bool = false) -> Message {
        let event = event(isResolved: isResolved)
        return Message(
            EventFields(event, instance: "vps-1"),
            event: event.json(instance: "vps-1")
        )
    }

    private static func event(isResolved: Bool) -> Event {
        let at = Instant(seconds: 1_795_248_000)
        guard let id = TokenID("deploy") else { preconditionFailure("deploy is a token's id") }
        let card = TokenCard(
            id: id,
            name: "Production Deploy Key",
            provider: "vps.org",
            account: "john@example.com",
            owner: "platform team",
            renewURL: "https://admin.vps.org/account/developers/",
            note: nil
        )
        let expiry = at + .days(isResolved ? 90 : 6) + .hours(23)
        return Event(
            id: EventID(high: 0x019a_a3b5_c000_0000, low: isResolved ? 2 : 1),
            at: at,
            subject: .token(card),
            kind: .condition(.expiring),
            phase: isResolved ? .resolved : .raised,
            severity: .warning,
            summary: isResolved
                ? "renewed: 90 d left (was 6 d)" : "deploy expires \(expiry.forPeople(at: at))",
            alertID: EventID(high: 0x019a_a3b5_c000_0000, low: 1),
            since: at,
            details: [
                Detail("expires_at", expiry), Detail("stage", "7d"),
                Detail("seconds_left", .integer((expiry - at).wholeSeconds)),
            ]
        )
    }
}

extension Message {
    /// Reads the JSON of an event as a webhook gets it.
    ///
    /// - Returns: nil if the JSON is not an event.
    package init?(eventJSON bytes: [UInt8]) {
        guard var json = try? JSONValue(parsing: bytes) else { return nil }
        if let last = json.elements?.last { json = last }
        guard let event = EventFields(json) else { return nil }
        var writer = JSONWriter(reserving: 1024)
        json.write(into: &writer)
        self.init(event, event: String(decoding: writer.bytes, as: UTF8.self))
    }
}
