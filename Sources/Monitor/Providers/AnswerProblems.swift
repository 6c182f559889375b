import Alerting
import Formats
package import HTTP

// The answers without a verdict on the token, each in one line for an operator.
extension AnswerReader {
    func otherStatus(
        _ status: Int,
        _ headers: (String) -> String?,
        _ now: Instant
    ) -> Observation.Answer {
        let text = StatusText.of(status)
        switch status {
        case 429:
            return .rateLimited(text + Self.pause(status, headers, now))
        case 500..<600:
            return .serverError(text)
        case 600...:
            // RFC 9110 §15 ends at 599: some proxies and firewalls answer with statuses of their own.
            return .malformed(
                "\(text) is not an HTTP status; check for a proxy or firewall that answers"
            )
        case 300..<400:
            let target = Self.redirectHost(headers("Location"))
            return .malformed("\(text): redirects to \(target) are not followed; check the URL")
        case 401:
            return .malformed(
                "\(text) does not say whether the token is valid;"
                    + " the provider may block this client or its address"
            )
        case 403
        where headers("Retry-After") != nil
            || RequestedPause.isQuotaUsedUp(status: status, headers: headers):
            // GitHub answers like this to too many requests.
            return .rateLimited(text + Self.pause(status, headers, now))
        case 403:
            return .malformed(
                "403 Forbidden does not say whether the token is valid;"
                    + " check for a firewall, or a blocked address"
            )
        case 404:
            return .malformed("404 Not Found: the server has nothing at this URL; check the URL")
        case 407:
            return .malformed("\(text): the proxy requires a login")
        case 200..<300:
            return .malformed("\(text): expected 200 OK")
        default:
            return .malformed("\(text): an unexpected status")
        }
    }

    static func pause(
        _ status: Int,
        _ headers: (String) -> String?,
        _ now: Instant
    ) -> String {
        RequestedPause.of(status: status, headers: headers, now: now)
            .map { ", retry after \($0.wholeSeconds) s" } ?? ""
    }

    /// Whether an answer is an HTML page although the provider sends JSON.
    func isPage(_ body: [UInt8]) -> Bool {
        answersJSON && body.firstVisible == UInt8(ascii: "<")
    }

    /// Returns the reason why an answer cannot be the provider's own; nil if it may be.
    ///
    /// A provider that sends JSON sends no HTML, and requires no password.
    func stranger(
        _ status: Int,
        _ headers: (String) -> String?,
        _ body: [UInt8]
    ) -> String? {
        guard answersJSON else { return nil }
        let text = StatusText.of(status)
        if isPage(body) {
            return "\(text) with HTML instead of JSON (\(body.count) bytes):"
                + " check the URL, and for a login page or a proxy"
        }
        let schemes = Self.schemes(of: headers("WWW-Authenticate") ?? "")
        // https://github.com/npm/npm-registry-fetch/blob/main/lib/check-response.js
        switch schemes.first {
        case "ipaddress": return "\(text): this address is not allowed"
        case "otp": return "\(text): a one-time password is required"
        default: break
        }
        if schemes.contains("basic"), schemes.allSatisfy(Self.passwordSchemes.contains) {
            return "\(text) with a Basic challenge:"
                + " check the URL, and for a proxy"
        }
        return nil
    }

    /// The schemes in which proxies and their directories request a password.
    private static let passwordSchemes: Set<String> = ["basic", "digest", "negotiate", "ntlm"]

    /// Returns the schemes of the challenges in one header (RFC 9110 §11.6.1), in lower case.
    private static func schemes(of challenges: String) -> [String] {
        challenges.lowercased().split(separator: ",").compactMap { part in
            part.split(separator: " ").first.map(String.init)
        }.filter { !$0.contains("=") }
    }

    /// Returns the reason why the body of a 200 cannot be read.
    static func words(for problem: JSONError, _ body: [UInt8], _ type: String?) -> String {
        let first = body.firstVisible
        if first == nil { return "200 OK with an empty body" }
        if first == UInt8(ascii: "<") || type?.lowercased().hasPrefix("text/html") == true {
            return "200 OK with HTML instead of JSON (\(body.count) bytes):"
                + " check the URL, and for a login page or a proxy"
        }
        if body.starts(with: [0x1f, 0x8b]) {
            return "200 OK with a gzip body that no Content-Encoding names"
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

    /// Returns only the host: the rest of an address may repeat the secret.
    private static func redirectHost(_ location: String?) -> String {
        guard let location else { return "nowhere" }
        let address = location.prefix { $0 != "?" && $0 != "#" }
        guard address.contains("://") else { return "another path of the same host" }
        let afterScheme = address.firstRange(of: "://").map { address[$0.upperBound...] } ?? ""
        // The address is read as https, so that the host of a plain HTTP address is named too.
        let origin = "https://" + afterScheme.prefix { $0 != "/" }
        return (try? BaseURL(origin).authority) ?? "an address that cannot be read"
    }
}

extension [UInt8] {
    fileprivate var firstVisible: UInt8? {
        first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }
    }
}

extension MatchValue {
    /// The value as JSON, the form in which profiles write it.
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

    /// Returns nil if no profile can contain such a value.
    init?(_ found: JSONFound) {
        switch found {
        // Some providers write whole numbers as 0.0 or 0e0.
        case .number(let number):
            guard let integer = Int64(exactly: number) else { return nil }
            self = .integer(integer)
        case .bool(let flag): self = .bool(flag)
        case .integer(let integer): self = .integer(integer)
        case .string(let string): self = .string(string)
        case .absent, .null, .strings, .array, .object: return nil
        }
    }
}

extension Match {
    var expected: String { values.map(\.json).joined(separator: " or ") }
}

extension JSONFound {
    /// The value of a boolean; otherwise only the kind, because the value may contain a secret.
    var shown: String {
        guard case .bool(let flag) = self else { return kind }
        return flag ? "true" : "false"
    }
}

extension HTTPHeaders {
    /// Returns a header in the form that answers are judged: challenges may be in several fields.
    package func judged(_ name: String) -> String? {
        name == "WWW-Authenticate" ? list(of: name) : self[name]
    }
}
