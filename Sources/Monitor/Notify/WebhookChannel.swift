package import Alerting

/// Sends events to a URL.
package struct WebhookChannel: Channel {
    package let name: String
    private let target: WebhookTarget
    private let signer: WebhookSigner?
    let format: WebhookFormat
    private let values: FormatValues
    private let userAgent: String
    /// The URL of the daemon's page, if there is one.
    let page: String?
    private let transport: any HTTPTransport
    private let clock: @Sendable () -> Instant

    /// The time limit from the name lookup to the end of the answer.
    private static let timeout = Duration.seconds(30)

    /// - Parameters:
    ///   - name: The channel's name in the configuration.
    ///   - target: the URL and the headers.
    ///   - signer: Signs every message; nil for no signatures.
    ///   - format: the format of the messages.
    ///   - values: the channel's values for the format.
    ///   - version: The daemon's version, for `User-Agent`.
    ///   - page: The URL of the daemon's page, if there is one.
    ///   - transport: makes the requests.
    ///   - clock: The clock for times in signatures, and for comparison with dates in answers.
    package init(
        name: String,
        target: WebhookTarget,
        signer: WebhookSigner? = nil,
        format: WebhookFormat,
        values: FormatValues = FormatValues(),
        version: String,
        page: String? = nil,
        transport: any HTTPTransport,
        clock: @escaping @Sendable () -> Instant
    ) {
        self.name = name
        self.target = target
        self.signer = signer
        self.format = format
        self.values = values
        self.page = page
        self.transport = transport
        self.clock = clock
        userAgent = "tokenwatchd/\(version)"
    }

    /// Whether the receiver forgets active alerts unless they are repeated.
    var isForgetful: Bool { format == .alertmanager }

    package func deliver(_ delivery: Delivery) async -> DeliveryResult {
        guard case .data(let format) = format else {
            let alerts = AlertmanagerFormat.alerts(for: EventFields(delivery), at: clock())
            let message = AlertmanagerFormat.message(of: alerts, page: page)
            return await send(message, id: delivery.eventID.description)
        }
        let isTest = delivery.type == Event.Kind.test.name
        return await deliver(Message(delivery), format, isTest: isTest)
    }

    /// Delivers several events as one message; a format for programs gets them one by one.
    package func deliver(_ digest: Digest) async -> DeliveryResult {
        guard case .data(let format) = format, format.takesDigests else {
            return await deliver(eachOf: digest)
        }
        return await deliver(Message(digest), format)
    }

    private func deliver(
        _ message: Message,
        _ format: MessageFormat,
        isTest: Bool = false
    ) async -> DeliveryResult {
        let spelling = MessageSpelling(
            format: format,
            message: message,
            values: values,
            page: page
        )
        // This receiver does not get a phase without a request.
        guard let request = isTest ? spelling.requestOfTest : spelling.request else {
            return .notWanted
        }
        return await send(request, id: message.id)
    }

    /// Sends one message; its receiver identifies it by `id`, the same at every attempt.
    func send(_ message: WebhookMessage, id: String) async -> DeliveryResult {
        let body = message.body
        var headers = target.headers
        // The configuration's headers override the format's.
        let own = Set(headers.map { $0.name.lowercased() })
        headers += message.headers.filter { !own.contains($0.name) }
        headers.append((name: "user-agent", value: userAgent))
        headers.append((name: "webhook-id", value: id))
        if let signer {
            // Every attempt has a new signature: receivers reject a timestamp some minutes old.
            let timestamp = clock().seconds
            let signature = signer.signature(id: id, timestamp: timestamp, body: body)
            headers.append((name: "webhook-timestamp", value: String(timestamp)))
            headers.append((name: "webhook-signature", value: signature))
        }
        let result = await transport.send(
            message.method,
            url: message.path.isEmpty
                ? target.address(orPath: format.usualPath)
                : target.address(appending: message.path),
            headers: headers,
            body: body,
            timeout: Self.timeout
        )
        switch result {
        case .failure(let words):
            let words = sanitized(words, message)
            let isNamed = words.contains(target.host)
            return .retry(error: isNamed ? words : "\(target.host): \(words)")
        case .answer(let status, let retryAfter, let body):
            let asked =
                retryAfter.flatMap { RetryAfter.wait($0, now: clock()) }
                ?? format.answers.pause(in: body)
            let reason = format.answers.reason(in: body).map { ": \(sanitized($0, message))" } ?? ""
            return outcome(of: status, body, reason, asked: asked)
        }
    }

    /// Returns foreign text without the secrets of this channel, in the form of the request.
    private func sanitized(_ text: String, _ message: WebhookMessage) -> String {
        let text = message.headers.filter { $0.name == "authorization" }
            .reduce(text) { WebhookTarget.hide($1.value, in: $0) }
        return target.sanitized(values.sanitized(text))
    }

    private func outcome(
        of status: Int,
        _ body: [UInt8],
        _ reason: String,
        asked: Duration?
    ) -> DeliveryResult {
        let answer = "\(target.host) answered \(status)\(reason)"
        switch format.answers.meaning(of: status, body: body) {
        case .delivered: return .delivered
        case .retry: return .retry(error: answer, after: asked)
        case .giveUp: break
        }
        switch status {
        case 300...399:
            return .giveUp(
                error: "\(answer): the daemon does not follow redirects; set the final URL"
            )
        case 401, 403:
            return .giveUp(error: "\(answer): check the URL, its headers and keys")
        case 404, 410:
            return .giveUp(error: "\(answer): check that the webhook still exists")
        default:
            return .giveUp(error: "\(answer), and a retry would not help")
        }
    }
}

extension WebhookChannel: Undisclosed {
    package var description: String { "\(name) (webhook to \(target.host))" }
}
