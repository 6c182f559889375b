package import Alerting
import Formats

/// The content of a notification of one event, or of several as a digest.
///
/// It is not escaped: the format escapes it for its receiver.
package struct Message: Sendable {
    /// A part of a line.
    package enum Piece: Hashable, Sendable {
        /// Plain text that must not become markup, a mention or a link.
        case text(String)
        /// A web address of the operator, to become a link.
        case link(String)
    }

    /// The id, equal at every attempt, so that a receiver can detect repeats.
    package internal(set) var id: String
    package let severity: Severity
    package let phase: Event.Phase
    /// The title in one line: `warning: deploy expires 2026-11-28 07:00 UTC (in 6 d 23 h)`.
    package let title: [Piece]
    /// The known facts such as `Owner: platform team`; in a digest, one line for each event.
    package let lines: [[Piece]]
    /// Versions of a digest's lines with fewer events, for receivers with low limits; else empty.
    let shorterLines: [[[Piece]]]
    /// The other values for templates; absent values are empty.
    let fields: [MessagePlace: String]
    /// The event's details; none in a digest.
    let details: [JSONMember]

    /// Makes the message of one event.
    package init(_ delivery: Delivery) {
        self.init(EventFields(delivery), event: delivery.body)
    }

    init(_ event: EventFields, event json: String) {
        id = event.id
        shorterLines = []
        severity = event.severity
        phase = event.phase
        details = event.details
        let token = event.token
        let summary = Self.summary(event.summary, event.type, ofToken: token?.id)
            .escapedForTerminal(maximumBytes: 1000).withoutLinks
        title = [.text("\(event.word): \(summary)")]
        // Only text from the configuration may contain links.
        let account = token.flatMap(Self.account).map { Self.cut($0).withoutDomains() }
        let facts: [(label: String, value: [Piece]?)] = [
            ("Token", token.map { [.text(Self.title(of: $0))] }),
            ("Host", event.host.map { [.text(Self.cut($0))] }),
            ("Account", account.map { [.text($0)] }),
            ("Owner", token?.owner.map(Self.pieces)),
            ("Renew", token?.renewURL.map(Self.pieces)),
            ("Note", token?.note.map(Self.pieces)),
        ]
        lines =
            facts.compactMap { label, value in value.map { [.text("\(label): ")] + $0 } }
            + Self.sender(event.instance)
        let renewURL = token?.renewURL.flatMap { WebAddress.isOne($0) ? $0 : nil }
        let texts: [MessagePlace: String?] = [
            .summary: summary, .instance: Self.cut(event.instance),
            .subject: Self.cut(token?.id ?? event.host ?? event.instance), .token: token?.id,
            .tokenName: token?.name.map(Self.cut), .provider: token.map { Self.cut($0.provider) },
            .account: token.flatMap(Self.account).map(Self.cut), .host: event.host.map(Self.cut),
            .owner: token?.owner.map(Self.cut), .note: token?.note.map(Self.cut),
        ]
        let facet: [MessagePlace: String?] = [
            .id: event.id, .alertID: event.alertID ?? event.id,
            .incident: Self.incident(of: event), .type: event.type,
            .phase: event.phase.rawValue, .severity: event.severity.rawValue,
            .status: event.word, .at: event.at, .since: event.since, .renewURL: renewURL,
            .event: json,
        ]
        fields = texts.merging(facet) { first, _ in first }.compactMapValues { $0 }
    }

    /// The severity, or `resolved`; formats choose priorities and the like by it.
    var status: String { phase == .resolved ? "resolved" : severity.rawValue }

    /// The key of an incident for on-call services.
    ///
    /// `expired` replaces `expiring`, which is never resolved: the two are one incident.
    private static func incident(of event: EventFields) -> String {
        let isExpiry = [Condition.expiring, .expired].map(\.rawValue).contains(event.type)
        guard isExpiry, let token = event.token else { return event.alertID ?? event.id }
        return "expiry-" + String(StableHash.of([event.instance, token.id]), radix: 16)
    }

    /// Returns the summary of a delivery, in which no provider's name becomes a link.
    static func summary(of delivery: Delivery) -> String {
        summary(delivery.summary, delivery.type, ofToken: delivery.subjectParts.name)
    }

    /// Returns a summary; if its text is a provider's, only the token's id is the operator's.
    private static func summary(_ text: String, _ type: String, ofToken id: String?) -> String {
        foreign.contains(type) ? text.withoutDomains(but: id) : text
    }

    /// The types with a provider's text; other summaries may name the operator's files and hosts.
    private static let foreign: Set<String> = Set(
        [Change.renamed, .accountChanged, .rotated, .permissionsChanged, .firstSeen, .leftList]
            .map(\.rawValue)
            + [
                Condition.rejected, .malformed, .accountMismatch, .permissionsMissing,
                .permissionsExcess,
            ].map(\.rawValue)
    )

    static func sender(_ instance: String) -> [[Piece]] {
        instance.isEmpty ? [] : [[.text("From: tokenwatchd on \(cut(instance))")]]
    }

    /// Returns the text without links, short enough for all facts to fit most messages.
    static func cut(_ text: String) -> String {
        text.escapedForTerminal(maximumBytes: 200).withoutLinks
    }

    private static func account(of token: EventFields.Token) -> String? {
        AccountHolder.words(
            name: token.accountName,
            company: token.company,
            account: token.account
        )
    }

    private static func title(of token: EventFields.Token) -> String {
        let id = cut(token.id)
        return token.name.map { "\(id) (\(cut($0).withoutDomains()))" } ?? id
    }

    /// Returns the pieces of an operator's text, whose web addresses stay whole.
    private static func pieces(of text: String) -> [Piece] {
        // A truncated web address would not work.
        if WebAddress.isOne(text) { return [.link(text)] }
        let text = text.escapedForTerminal(maximumBytes: 200)
        return text.split(separator: " ", omittingEmptySubsequences: false).enumerated()
            .flatMap { index, word in
                let space: [Piece] = index == 0 ? [] : [.text(" ")]
                let address = word.prefix { !"<>|\"".contains($0) }
                    .trimmingSuffix { ".,;:!?)'…".contains($0) }
                guard WebAddress.isOne(address) else { return space + [.text(String(word))] }
                let rest = word[address.endIndex...]
                return space + [.link(String(address))]
                    + (rest.isEmpty ? [] : [.text(String(rest))])
            }
    }
}

/// A placeholder in a template, which the message fills.
package enum MessagePlace: String, Hashable, Sendable, CaseIterable {
    case title
    case facts
    case text
    case plainTitle = "plain_title"
    case plainFacts = "plain_facts"
    case plainText = "plain_text"
    case summary
    case status
    case severity
    case phase
    case type
    case subject
    case token
    case tokenName = "token_name"
    case provider
    case account
    case host
    case owner
    case note
    case renewURL = "renew_url"
    case page
    case instance
    case at
    case since
    case id
    case alertID = "alert_id"
    case incident
    case details
    case event

    /// Whether the value is foreign text, which formats escape and may cut.
    var isText: Bool {
        switch self {
        case .title, .facts, .text, .summary, .subject, .token, .tokenName, .provider, .account,
            .host, .owner, .note, .instance, .details:
            true
        case .plainTitle, .plainFacts, .plainText, .status, .severity, .phase, .type, .renewURL,
            .page, .at, .since, .id, .alertID, .incident, .event:
            false
        }
    }
}

/// The web addresses that a person can follow.
enum WebAddress {
    /// Whether a text is the address of a page and nothing else.
    static func isOne(_ text: some StringProtocol) -> Bool {
        ["https://", "http://"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
            && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
            && !text.contains { "<>|\"\\".contains($0) }
    }
}

extension String {
    /// The text with an invisible space in addresses that messengers would turn into links.
    var withoutLinks: String {
        var result = ""
        var tail: [Unicode.Scalar] = []
        for scalar in unicodeScalars {
            let isLink =
                scalar == "/" && tail.last == ":"
                || scalar == "." && tail.map(\.properties.lowercaseMapping) == ["w", "w", "w"]
            if isLink { result.unicodeScalars.append("\u{200b}") }
            result.unicodeScalars.append(scalar)
            tail = tail.suffix(2) + [scalar]
        }
        return result
    }

    /// Puts an invisible space into words such as `example.com`, so that they become no links.
    ///
    /// Mail addresses stay whole, and so does the operator's own word, with or without a colon.
    fileprivate func withoutDomains(but own: String? = nil) -> String {
        split(separator: " ", omittingEmptySubsequences: false).map { word in
            let isOwn = own.map { word == $0 || word == "\($0):" } ?? false
            guard word.contains("."), !word.isMailAddress, !isOwn else { return String(word) }
            let scalars = Array(word.unicodeScalars)
            var result = ""
            for (index, scalar) in scalars.enumerated() {
                let next = index + 1 < scalars.count ? scalars[index + 1] : "."
                if scalar == ".", index > 0, next.properties.isAlphabetic {
                    result.unicodeScalars.append("\u{200b}")
                }
                result.unicodeScalars.append(scalar)
            }
            return result
        }
        .joined(separator: " ")
    }
}

extension Substring {
    /// Whether the word is a mail address, perhaps in brackets.
    fileprivate var isMailAddress: Bool {
        utf8.count { $0 == UInt8(ascii: "@") } == 1
            && utf8.allSatisfy { byte in
                byte.isLetterOrDigit || "@.-_+%<>()".utf8.contains(byte)
            }
    }

    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
        var text = self
        while let last = text.last, isTrimmed(last) { text.removeLast() }
        return text
    }
}
