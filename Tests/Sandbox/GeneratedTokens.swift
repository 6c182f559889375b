import Alerting

/// Many similar tokens at a few bytes each: their names and secrets are computed.
package struct GeneratedTokens: Sendable {
    /// What stands for a token's number, 1 to `count`, in the secret.
    static let numberMark = "{n}"
    /// The most there can be; each takes 12 bytes.
    static let maximumCount = 10_000_000

    package let count: Int
    /// Ids and names are this and the number.
    package let prefix: String
    /// The secret with `{n}` in the number's place.
    package let secret: String
    /// What all of them have in common.
    package var edit: TokenEdit

    private let secretStart: [UInt8]
    private let secretEnd: [UInt8]

    /// - Returns: nil when the secret has no `{n}`, or the count is out of range.
    package init?(count: Int, prefix: String, secret: String, edit: TokenEdit = TokenEdit()) {
        let text = Array(secret.utf8)
        let mark = Array(Self.numberMark.utf8)
        guard (0...Self.maximumCount).contains(count),
            let start = text.indices.first(where: { text[$0...].starts(with: mark) })
        else { return nil }
        self.count = count
        self.prefix = prefix
        self.secret = secret
        self.edit = edit
        secretStart = Array(text[..<start])
        secretEnd = Array(text[(start + mark.count)...])
    }

    /// The number of the token with this secret.
    func number(ofSecret text: String) -> Int? {
        var text = text
        return text.withUTF8 { bytes in
            guard bytes.count > secretStart.count + secretEnd.count,
                bytes.starts(with: secretStart),
                bytes.suffix(secretEnd.count).elementsEqual(secretEnd)
            else { return nil }
            return number(bytes[secretStart.count..<(bytes.count - secretEnd.count)])
        }
    }

    /// The number of the token with this id.
    func number(ofID id: String) -> Int? {
        guard id.hasPrefix(prefix) else { return nil }
        return Array(id.utf8.dropFirst(prefix.utf8.count)).withUnsafeBufferPointer {
            number($0[...])
        }
    }

    /// The secret of a token.
    package func secret(_ number: Int) -> String {
        String(decoding: secretStart, as: UTF8.self) + String(number)
            + String(decoding: secretEnd, as: UTF8.self)
    }

    private func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        // Eight digits are beyond every count; a leading zero is another secret.
        guard (1...8).contains(digits.count), digits.first != UInt8(ascii: "0") else { return nil }
        var number = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return number <= count ? number : nil
    }
}

/// The properties of generated tokens that change.
struct GeneratedPlay: Sendable {
    let tokens: GeneratedTokens
    /// One token, for what all have in common.
    var common: SandboxToken
    /// Seconds since 1970; `neverUsed` before the first use.
    private var lastUsed: [Int64]
    /// The numbers of those that have become tokens of their own.
    private var promoted: Set<Int> = []

    private static let neverUsed = Int64.min

    init(_ tokens: GeneratedTokens, now: Instant) {
        self.tokens = tokens
        common = SandboxToken(id: tokens.prefix, secret: tokens.secret, now: now)
        common.name = ""
        common.apply(tokens.edit, at: now)
        let seconds = common.lastUsed?.seconds ?? Self.neverUsed
        lastUsed = Array(repeating: seconds, count: tokens.count + 1)
    }

    /// The number of the token with this secret, unless it has become one of its own.
    func number(ofSecret secret: String) -> Int? {
        guard let number = tokens.number(ofSecret: secret), !promoted.contains(number) else {
            return nil
        }
        return number
    }

    /// Notes a use.
    ///
    /// - Returns: the stamp that the answer shows.
    mutating func use(_ number: Int, at now: Instant) -> Instant? {
        let last = lastUsed[number] == Self.neverUsed ? nil : Instant(seconds: lastUsed[number])
        let stamps = common.stampsUse.stamps(last, at: now)
        lastUsed[number] = stamps.kept?.seconds ?? Self.neverUsed
        return stamps.shown
    }

    /// Makes a token one of its own, to be edited.
    ///
    /// - Returns: nil when no such token is generated, or it is one of its own already.
    mutating func promote(_ id: String) -> SandboxToken? {
        guard let number = tokens.number(ofID: id), !promoted.contains(number) else { return nil }
        promoted.insert(number)
        var token = SandboxToken(id: id, secret: tokens.secret(number), now: common.created)
        token.account = common.account
        token.firstName = common.firstName
        token.lastName = common.lastName
        token.companyName = common.companyName
        token.accountCreated = common.accountCreated
        token.permissions = common.permissions
        token.created = common.created
        token.expires = common.expires
        token.stampsUse = common.stampsUse
        token.tellsExpired = common.tellsExpired
        token.isRevoked = common.isRevoked
        token.fault = common.fault
        token.lastUsed =
            lastUsed[number] == Self.neverUsed ? nil : Instant(seconds: lastUsed[number])
        return token
    }
}
