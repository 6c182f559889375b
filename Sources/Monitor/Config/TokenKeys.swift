import Alerting
import Formats

/// The keys of `[tokens.ID]` that do not concern the request.
struct TokenKeys {
    var secret: Located<SecretSource>?
    var account: String?
    var canary: Located<Bool>?
    var unusedAfter: Located<Duration>?
    var expires: Instant?
    /// Whether `expires` is set, even to an unreadable value.
    var statesExpiry: Bool
    var owner: String?
    var renewURL: String?
    var note: String?
    var policy: PolicyKeys
}

extension TokenDecoder {
    /// Every key that a token or an inventory of any provider may have.
    static let ownKeys = Set(Configuration.knownKeys(below: "inventories.NAME"))

    /// Notes the keys of tokens and of inventories in the decoder's report.
    static func noteKeys(_ decoder: ConfigurationDecoder) {
        var tokens = TokenDecoder(
            decoder: decoder,
            polling: PollingSettings(),
            policy: Policy(channels: []),
            routes: [],
            channelNames: [],
            profiles: ProfileBook(),
            profileNames: []
        )
        var reader = TableReader(nil, path: "tokens.ID", report: decoder.report)
        tokens.noteKeys(&reader)
        reader.finish()
        reader = TableReader(nil, path: "inventories.NAME", report: decoder.report)
        tokens.noteInventoryKeys(&reader)
        reader.finish()
    }

    /// Reads the keys of a token; the caller calls `finish` on the reader.
    ///
    /// A listed token has no secret of its own.
    func keys(_ reader: inout TableReader, hasSecret: Bool = true) -> TokenKeys {
        func text(_ key: String) -> String? {
            // An invalid note is not shown, because it may contain a secret.
            reader.parsed(key, allowed: "a text of at most 1000 characters", isSecret: true) {
                $0.utf8.count <= 4000 && $0.count <= 1000 ? $0 : nil
            }?.value
        }
        return TokenKeys(
            secret: hasSecret ? secret(&reader) : nil,
            account: reader.parsed(
                "account",
                allowed: "the account's email address or name, 1 to 320 bytes"
            ) {
                (1...320).contains($0.utf8.count) ? $0 : nil
            }?.value,
            canary: reader.boolean("canary"),
            unusedAfter: reader.duration(
                "unused_after",
                like: "90d",
                in: .seconds(1)...(.days(3650))
            ),
            expires: expiry(&reader),
            statesExpiry: reader.has("expires"),
            owner: text("owner"),
            renewURL: renewURL(&reader),
            note: text("note"),
            policy: decoder.policyKeys(&reader, channels: channelNames)
        )
    }

    private func renewURL(_ reader: inout TableReader) -> String? {
        let rule = "an http:// or https:// URL of at most 2048 characters"
        return reader.parsed(
            "renew_url",
            allowed: rule,
            pattern: "^https?://.",
            isSecret: true
        ) { text in
            ["http://", "https://"].contains {
                text.hasPrefix($0) && text.utf8.count > $0.utf8.count
            }
                && text.utf8.count <= 2048 && text == text.escapedForTerminal ? text : nil
        }?.value
    }

    private func secret(_ reader: inout TableReader) -> Located<SecretSource>? {
        let source = decoder.secretSource("secret", &reader)
        guard let table = reader.table else { return nil }
        let entry =
            reader.find("secret_file") ?? reader.find("secret_credential") ?? reader.find("secret")
        if let source {
            return Located(value: source, place: entry?.keyPlace ?? table.place)
        }
        // The decoder reports a header such as [tokens.a.b] as a header.
        let hasOnlyTables =
            !table.entries.isEmpty
            && table.entries.allSatisfy {
                if case .table = $0.value { $0.key != "remind" } else { false }
            }
        if entry == nil, !hasOnlyTables {
            reader.require("secret", "set one of secret_file, secret_credential and secret")
        }
        return nil
    }

    /// Reads a date, a date and time, or a text with either.
    private func expiry(_ reader: inout TableReader) -> Instant? {
        let allowed = "a date such as \"2027-01-31\", or a date and time"
        guard let entry = reader.any("expires", allowed: allowed) else { return nil }
        if case .leaf(let value, _) = entry.value, let instant = Instant(configured: value) {
            return instant
        }
        var hint = ""
        if case .leaf(.string(let text), _) = entry.value,
            text.prefix(10).map({ $0.isASCII && $0.isNumber ? "0" : $0 }) == Array("0000-00-00"),
            Instant(text: text.prefix(10)) == nil
        {
            hint = "; there is no such day"
        }
        reader.wrong("expires", entry, allowed: allowed + hint)
        return nil
    }
}

extension Instant {
    /// Parses the forms of `expires`; nil for anything else.
    fileprivate init?(configured value: TOMLValue) {
        switch value {
        case .string(let text): self.init(text: text)
        case .localDate(let date): self.init(date, nil, offsetMinutes: 0)
        case .localDateTime(let value): self.init(value.date, value.time, offsetMinutes: 0)
        case .offsetDateTime(let value):
            self.init(value.date, value.time, offsetMinutes: value.offsetMinutes)
        default: return nil
        }
    }

    private init?(_ date: TOMLDate, _ time: TOMLTime?, offsetMinutes: Int16) {
        let civil = CivilTime(
            year: Int64(date.year),
            month: Int(date.month),
            day: Int(date.day),
            hour: Int(time?.hour ?? 0),
            minute: Int(time?.minute ?? 0),
            second: Int(time?.second ?? 0)
        )
        guard let instant = civil.instant else { return nil }
        let moved = instant - .minutes(Int64(offsetMinutes))
        guard Self.writable.contains(moved) else { return nil }
        self = moved
    }
}
