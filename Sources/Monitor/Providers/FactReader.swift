import Alerting
import Formats

/// Reads the facts about one token from the evidence of an answer, or of a row of a list.
struct FactReader: Sendable {
    let sources: FactSources
    private let places: Places
    /// Every place of an expiry.
    private let expiries: [TimeSource]

    private struct Places: Sendable {
        var expires: [Place]
        var lastUsed: Place?
        var created: Place?
        var permissions: [Place]
        var name: Place?
        var account: Place?
        var accountName: [Place]
        var company: Place?
    }

    /// Makes a reader, and adds the values that it needs to `wants`.
    init(_ sources: FactSources, wants: inout Wants) {
        self.sources = sources
        expiries = sources.expiries
        places = Places(
            expires: expiries.map { wants.place($0.from, each: $0.each) },
            lastUsed: sources.lastUsed.map { wants.place($0.from) },
            created: sources.created.map { wants.place($0.from) },
            permissions: sources.permissions?.parts.map { wants.place($0) } ?? [],
            name: sources.tokenName.map { wants.place($0.from) },
            account: sources.account.map { wants.place($0.from) },
            accountName: sources.accountName.map { wants.place($0) },
            company: sources.company.map { wants.place($0) }
        )
    }

    func facts(_ evidence: Evidence) throws(Unreadable) -> Facts {
        Facts(
            name: try text(sources.tokenName, places.name, evidence),
            account: try text(sources.account, places.account, evidence),
            holder: holder(evidence),
            permissions: try permissions(evidence),
            createdAt: try time(sources.created, places.created, evidence).instant,
            expiry: try expiry(evidence),
            lastUsedAt: try time(sources.lastUsed, places.lastUsed, evidence).instant
        )
    }

    /// Returns the readable facts of a token that its provider reports as expired.
    ///
    /// A flaw elsewhere in the answer must not hide that the token has expired.
    func partialFacts(_ evidence: Evidence) -> Facts {
        Facts(
            name: (try? text(sources.tokenName, places.name, evidence)) ?? nil,
            account: (try? text(sources.account, places.account, evidence)) ?? nil,
            holder: holder(evidence),
            permissions: (try? permissions(evidence)) ?? nil,
            createdAt: (try? time(sources.created, places.created, evidence))?.instant,
            expiry: (try? expiry(evidence)) ?? .notTold,
            lastUsedAt: (try? time(sources.lastUsed, places.lastUsed, evidence))?.instant,
            saysExpired: true
        )
    }

    /// Whether a row lacks every expiry, and so is not a token.
    func isToSkip(_ evidence: Evidence) -> Bool {
        !expiries.isEmpty
            && zip(expiries, places.expires).allSatisfy { source, place in
                guard source.absent == .skip else { return false }
                return switch evidence.found(place) {
                case .absent: true
                case .strings(let times): times.isEmpty
                default: false
                }
            }
    }

    /// Returns the earliest expiry of all places.
    private func expiry(_ evidence: Evidence) throws(Unreadable) -> Expiry {
        var earliest: Instant?
        var isNever = false
        for (source, place) in zip(expiries, places.expires) {
            switch try evidence.time(source, place) {
            case .at(let instant): earliest = min(earliest ?? instant, instant)
            case .never: isNever = true
            case .notTold: break
            }
        }
        return earliest.map { .at($0) } ?? (isNever ? .never : .notTold)
    }

    private func text(
        _ source: TextSource?,
        _ place: Place?,
        _ evidence: Evidence
    ) throws(Unreadable) -> String? {
        guard let source, let place else { return nil }
        return try evidence.text(source, place)
    }

    /// Returns the account's holder for people: absent values and other types are ignored.
    private func holder(_ evidence: Evidence) -> AccountHolder? {
        var name: String?
        for place in places.accountName {
            guard let words = evidence.words(at: place) else { continue }
            name = name.map { $0 + " " + words } ?? words
        }
        return AccountHolder(
            name: name,
            company: places.company.flatMap { evidence.words(at: $0) }
        )
    }

    private func time(
        _ source: TimeSource?,
        _ place: Place?,
        _ evidence: Evidence
    ) throws(Unreadable) -> Expiry {
        guard let source, let place else { return .notTold }
        return try evidence.time(source, place)
    }

    private func permissions(_ evidence: Evidence) throws(Unreadable) -> PermissionSet? {
        guard let source = sources.permissions else { return nil }
        var words: [String] = []
        var isTold = true
        var areAllSkipped = true
        for (part, place) in zip(source.parts, places.permissions) {
            switch try evidence.words(part, place) {
            case .told(let more):
                words = words.isEmpty ? more : words + more
                areAllSkipped = false
            case .missing(.empty): areAllSkipped = false
            case .missing(.skip): break
            case .missing(.notTold): isTold = false
            }
        }
        guard words.count <= Bounds.permissions else {
            throw Unreadable("more than \(Bounds.permissions) permissions (\(words.count))")
        }
        guard words.reduce(0, { $0 + $1.utf8.count }) <= Bounds.permissionBytes else {
            throw Unreadable("more than \(Bounds.permissionBytes >> 10) KiB of permissions")
        }
        return isTold && !areAllSkipped ? PermissionSet(words) : nil
    }
}

extension Expiry {
    fileprivate var instant: Instant? {
        guard case .at(let instant) = self else { return nil }
        return instant
    }
}
