import Alerting

// What is said of answers that carry no verdict on the token, each in one line for an operator.
extension AnswerReader {
    func otherStatus(
        _ status: Int,
        _ headers: (String) -> String?,
        _ now: Instant
    ) -> Observation.Answer {
        let text = StatusText.of(status)
        switch status {
        case 429:
            return .rateLimited(text + Self.pause(headers, now))
        case 500...:
            return .serverError(text)
        case 300..<400:
            let target = Self.redirectHost(headers("Location"))
            return .malformed("\(text): redirects to \(target) are not followed; check the URL")
        case 401:
            return .malformed(
                "\(text): by its profile this does not mean that the token is dead;"
                    + " who asks, or from where, is refused"
            )
        case 403 where headers("Retry-After") != nil:
            // As GitHub does to who asks too much.
            return .rateLimited(text + Self.pause(headers, now))
        case 403:
            return .malformed(
                "403 Forbidden: it does not say whether the token lives;"
                    + " a firewall in between, or a block of this address?"
            )
        case 404:
            return .malformed("404 Not Found: nothing answers at this URL; check the URL")
        case 407:
            return .malformed("\(text): the proxy wants a login")
        case 200..<300:
            return .malformed("\(text): expected 200 OK")
        default:
            return .malformed("\(text): not an answer that the profile knows")
        }
    }

    private static func pause(_ headers: (String) -> String?, _ now: Instant) -> String {
        let wait = headers("Retry-After").flatMap { RetryAfter.wait($0, now: now) }
        return wait.map { ", asks for a pause of \($0.wholeSeconds) s" } ?? ""
    }

    /// Why the body of a 200 cannot be read.
    static func words(for problem: JSONError, _ body: [UInt8], _ type: String?) -> String {
        let first = body.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }
        if first == nil { return "200 OK with an empty body" }
        if first == UInt8(ascii: "<") || type?.lowercased().hasPrefix("text/html") == true {
            return "200 OK with HTML instead of JSON (\(body.count) bytes):"
                + " a login page, or a proxy in between?"
        }
        switch problem.problem {
        case .cutOff:
            return "200 OK with JSON that is cut off after \(body.count) bytes"
        case .duplicate, .tooDeep:
            return "\(problem)"
        case .empty, .unexpectedByte, .trailing, .controlCharacter, .invalidUTF8, .invalidEscape,
            .loneSurrogate, .invalidNumber, .duplicateKey:
            return "200 OK with a body that is not JSON: \(problem)"
        }
    }

    /// The host alone: the rest of an address may repeat the secret.
    private static func redirectHost(_ location: String?) -> String {
        guard let location else { return "nowhere" }
        let address = location.prefix { $0 != "?" && $0 != "#" }
        guard address.contains("://") else { return "another path of the same host" }
        let afterScheme = address.firstRange(of: "://").map { address[$0.upperBound...] } ?? ""
        // Read as if it were https, so that the host of a plain HTTP address is named too.
        let origin = "https://" + afterScheme.prefix { $0 != "/" }
        return (try? BaseURL(origin).authority) ?? "an address that cannot be read"
    }
}

extension MatchValue {
    /// The value as JSON, which is also how a profile writes it.
    var json: String {
        switch self {
        case .bool(let flag): return flag ? "true" : "false"
        case .integer(let integer): return String(integer)
        case .string(let string):
            var writer = JSONWriter(reserving: 32)
            writer.value(string)
            return writer.text
        }
    }

    var kind: String {
        switch self {
        case .bool: "a boolean"
        case .integer: "a number"
        case .string: "a string"
        }
    }

    /// Nil where no profile can name such a value.
    init?(_ found: JSONFound) {
        switch found {
        case .bool(let flag): self = .bool(flag)
        case .integer(let integer): self = .integer(integer)
        case .string(let string): self = .string(string)
        case .absent, .null, .number, .strings, .array, .object: return nil
        }
    }
}

extension Match {
    var expected: String { values.map(\.json).joined(separator: " or ") }
}

extension JSONFound {
    /// Booleans as they are; of anything else the kind, for it may be or hold a secret.
    var shown: String {
        guard case .bool(let flag) = self else { return kind }
        return flag ? "true" : "false"
    }
}
