package import Alerting
import CCurl
import Dispatch
package import HTTP

/// Sends events as mail.
package struct MailChannel: Channel {
    package let name: String
    private let settings: MailSettings
    private let password: Secret?
    private let certificates: CertificateBundle

    /// The time limit from the name lookup to the last reply.
    private static let timeout = Duration.seconds(30)

    /// - Parameters:
    ///   - name: The channel's name in the configuration.
    ///   - settings: the server, the sender and the recipients.
    ///   - password: Of the login; nil without one.
    ///   - certificates: That servers are verified by.
    package init(
        name: String,
        settings: MailSettings,
        password: Secret?,
        certificates: CertificateBundle
    ) {
        self.name = name
        self.settings = settings
        self.password = password
        self.certificates = certificates
    }

    package func deliver(_ delivery: Delivery) async -> DeliveryResult {
        let alertID = delivery.alertID?.description
        return await send(mail(Message(delivery), alertID: alertID, of: delivery))
    }

    package func deliver(_ digest: Digest) async -> DeliveryResult {
        let notices = digest.notices
        guard notices.count > 1, let newest = digest.deliveries.last else {
            return await deliver(notices[0])
        }
        return await send(mail(Message(digest), alertID: nil, of: newest))
    }

    /// The mail of a message; it is dated by an event.
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

    private func send(_ mail: [UInt8]) async -> DeliveryResult {
        let transfer = SMTPTransfer()
        // A thread of its own waits for the server: at most one for each delivery under way.
        let queue = DispatchQueue(label: "tokenwatchd.channel.\(name)")
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async {
                    let outcome = transfer.perform(
                        mail,
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
        return meaning(of: outcome)
    }

    private func meaning(of outcome: SMTPTransfer.Outcome) -> DeliveryResult {
        let place = settings.server.place
        let words = sanitized(outcome.words)
        switch (outcome.code, outcome.reply) {
        case (CURLE_OK, _): return .delivered
        case (CURLE_ABORTED_BY_CALLBACK, _):
            return .retry(error: "\(place): stopped with the daemon", after: nil)
        case (CURLE_USE_SSL_FAILED, _):
            return .retry(
                error: "\(place) does not offer STARTTLS, which another machine has to; "
                    + "is smtps:// or another port meant?",
                after: nil
            )
        case (CURLE_LOGIN_DENIED, 500...599):
            return .giveUp(
                error: "\(place) answered \(outcome.reply): \(words); are user and password valid?"
            )
        case (_, 400...499):
            return .retry(error: "\(place) answered \(outcome.reply): \(words)", after: nil)
        case (_, 500...599):
            return .giveUp(error: "\(place) answered \(outcome.reply): \(words)")
        case (CURLE_PEER_FAILED_VERIFICATION, _):
            return .retry(
                error: "\(place): its certificate cannot be verified: \(words); add its CA with "
                    + "polling.ca_file, or check the name",
                after: nil
            )
        default: return .retry(error: "\(place): \(words)", after: nil)
        }
    }

    /// Foreign text on one short line, without the password.
    private func sanitized(_ text: String) -> String {
        var text = text
        // Shorter texts are no secrets, and may be part of a word.
        if let plain = password?.reveal(), plain.utf8.count >= 4 {
            text = text.replacing(plain, with: "(secret)")
        }
        return text.escapedForTerminal(maximumBytes: 200)
    }
}

extension MailChannel: CustomStringConvertible, CustomReflectable {
    package var description: String { "\(name) (mail by \(settings.server.place))" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
