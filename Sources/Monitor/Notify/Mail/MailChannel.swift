package import Alerting
import CCurl
import Dispatch
import HTTP

/// Sends events as mail.
package struct MailChannel: Channel {
    package let name: String
    /// The server, the sender and the recipients.
    let settings: MailSettings
    /// The password of the login; nil without a login.
    let password: Secret?
    /// The certificate authorities that verify servers.
    let certificates: CertificateBundle
    private let progress = MailProgress()

    /// The time limit from the name lookup to the last reply.
    private static let timeout = Duration.seconds(30)

    package func deliver(_ delivery: Delivery) async -> DeliveryResult {
        let alertID = delivery.alertID?.description
        return await send(
            mail(Message(delivery), alertID: alertID, of: delivery),
            about: [delivery.eventID]
        )
    }

    package func deliver(_ digest: Digest) async -> DeliveryResult {
        let notices = digest.notices
        guard notices.count > 1, let newest = digest.deliveries.last else {
            return await deliver(notices[0])
        }
        return await send(
            mail(Message(digest), alertID: nil, of: newest),
            about: digest.deliveries.map(\.eventID)
        )
    }

    /// Makes the mail of a message; an event determines its date.
    private func mail(_ message: Message, alertID: String?, of delivery: Delivery) -> [UInt8] {
        let instance = EventFields(delivery).instance
        let lines = ([message.title] + message.lines).map(Message.plain)
        return MailMessage(
            id: message.id,
            alertID: alertID,
            subject: lines[0] + (instance.isEmpty ? "" : " [\(instance)]"),
            text: lines.joined(separator: "\n"),
            at: delivery.createdAt,
            instance: instance,
            from: settings.from,
            to: settings.to
        ).bytes
    }

    /// Sends a mail to the recipients that earlier attempts did not reach.
    private func send(_ mail: [UInt8], about events: [EventID]) async -> DeliveryResult {
        let missing = progress.missing(events, of: settings.to)
        guard !missing.isEmpty else { return .delivered }
        let outcome = await transfer(mail, to: missing)
        let result = result(of: outcome, missing, events)
        if result.isFinal { progress.forget(events) }
        return result
    }

    private func transfer(_ mail: [UInt8], to addresses: [String]) async -> SMTPTransfer.Outcome {
        let transfer = SMTPTransfer()
        // This thread waits for the server: at most one thread for each delivery in flight.
        let queue = DispatchQueue(label: "tokenwatchd.channel.\(name)")
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async {
                    let outcome = transfer.perform(
                        mail,
                        to: addresses,
                        settings,
                        password: password,
                        certificates: certificates,
                        timeout: Self.timeout
                    )
                    continuation.resume(returning: outcome)
                }
            }
        } onCancel: {
            transfer.cancel()
        }
    }

    /// Returns the result of an attempt, by the result of each recipient.
    private func result(
        of outcome: SMTPTransfer.Outcome,
        _ addresses: [String],
        _ events: [EventID]
    ) -> DeliveryResult {
        let refused = outcome.refused
        let isSent = outcome.code == CURLE_OK
        let isForAll = addresses.count == settings.to.count
        guard let first = refused.first, isSent || refused.count == addresses.count else {
            return meaning(of: outcome)
        }
        let failed = Set(refused.map(\.address))
        let attempts = progress.note(
            events,
            reached: isSent ? addresses.filter { !failed.contains($0) } : []
        )
        let more = refused.count > 1 ? " and \(refused.count - 1) more" : ""
        var error =
            "\(settings.server.place) answered \(first.reply) for \(first.address)\(more): "
            + sanitized(first.words)
        let isWhole = isForAll && !isSent
        if !isWhole { error += "; the other recipients got it" }
        let mayHelp = refused.contains { (400...499).contains($0.reply) }
        guard isWhole else {
            return .inPart(error: error, retries: mayHelp && attempts < MailProgress.mostAttempts)
        }
        return mayHelp ? .retry(error: error) : .giveUp(error: error)
    }

    /// Returns the meaning of the outcome for the mail as a whole.
    private func meaning(of outcome: SMTPTransfer.Outcome) -> DeliveryResult {
        let place = settings.server.place
        let words = sanitized(outcome.words)
        switch (outcome.code, outcome.reply) {
        case (CURLE_OK, _): return .delivered
        case (CURLE_ABORTED_BY_CALLBACK, _):
            return .retry(error: "\(place): stopped with the daemon")
        case (CURLE_USE_SSL_FAILED, _):
            return .retry(
                error: "\(place) does not offer STARTTLS, which is required for another "
                    + "machine; use smtps:// or another port"
            )
        case (CURLE_LOGIN_DENIED, 500...599):
            return .giveUp(
                error: "\(place) answered \(outcome.reply): \(words); check user and password"
            )
        case (_, 400...499):
            return .retry(error: "\(place) answered \(outcome.reply): \(words)")
        case (_, 500...599):
            return .giveUp(error: "\(place) answered \(outcome.reply): \(words)")
        case (CURLE_PEER_FAILED_VERIFICATION, _):
            return .retry(
                error: "\(place): its certificate cannot be verified: \(words); add its CA with "
                    + "polling.ca_file, or check the name"
            )
        case (CURLE_COULDNT_RESOLVE_HOST, _):
            return .retry(error: "cannot resolve the host of \(place)")
        case (CURLE_COULDNT_CONNECT, _):
            return .retry(error: "cannot connect to \(place): \(words)")
        case (CURLE_OPERATION_TIMEDOUT, _):
            return .retry(error: "\(place) did not answer in time")
        default: return .retry(error: "\(place): \(words)")
        }
    }

    /// Returns foreign text on one short line, without the password.
    private func sanitized(_ text: String) -> String {
        var text = text
        // A shorter text is not a secret, and may be part of a word.
        if let plain = password?.reveal(), plain.utf8.count >= 4 {
            text = text.replacing(plain, with: "(secret)")
        }
        return text.escapedForTerminal(maximumBytes: 200)
    }
}

extension DeliveryResult {
    /// Whether the result allows no other attempt.
    fileprivate var isFinal: Bool {
        switch self {
        case .retry, .inPart(_, retries: true): false
        case .delivered, .giveUp, .inPart, .notWanted: true
        }
    }
}

extension MailChannel: Undisclosed {
    package var description: String { "\(name) (mail by \(settings.server.place))" }
}
