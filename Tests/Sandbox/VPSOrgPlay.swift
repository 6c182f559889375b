import Alerting
import HTTP
import Monitor

/// The answers of VPS.org's account endpoint, as documented; nothing here decides.
///
/// The play of another provider is another file with the same functions.
enum VPSOrgPlay {
    static let path = "/api/v1/account/me/"

    /// The value behind `Authorization: Bearer`.
    static func secret(of request: HTTPRequest) -> String? {
        guard let value = request.headers["Authorization"] else { return nil }
        let scheme = value.utf8.prefix(7)
        guard scheme.count == 7, scheme.elementsEqual("Bearer ".utf8) else { return nil }
        return String(value.utf8.dropFirst(7))
    }

    /// The documented body; name, last use and the flag of expiry are left open.
    static func template(of token: SandboxToken) -> BodyTemplate {
        var json = JSONWriter()
        json.object { json in
            json.key("account")
            json.object { json in
                json.key("email")
                json.value(token.account)
                json.key("first_name")
                json.value(token.firstName)
                json.key("last_name")
                json.value(token.lastName)
                json.key("company_name")
                json.value(token.companyName)
                json.key("created_at")
                json.value(token.accountCreated.day)
            }
            json.key("token")
            json.object { json in
                json.key("name")
                json.verbatim(BodyTemplate.hole)
                json.key("permissions")
                json.value(token.permissions)
                json.key("created_at")
                json.value(token.created)
                json.key("last_used_at")
                json.verbatim(BodyTemplate.hole)
                json.key("expires_at")
                json.value(token.expires)
                json.key("is_expired")
                json.verbatim(BodyTemplate.hole)
            }
        }
        return BodyTemplate(json.bytes)
    }

    /// The body of an error: the documentation gives statuses alone, this is how Django writes it.
    static func error(_ status: Int) -> [UInt8] {
        let detail =
            switch status {
            case 401: "Invalid, expired, or missing API token."
            case 404: "Not found."
            case 405: "Method not allowed."
            case 429: "Request was throttled."
            default: "The request cannot be answered now."
            }
        return Array(#"{"detail":"\#(detail)"}"#.utf8)
    }
}

/// A JSON document with three holes: the name, the last use and whether it is expired.
struct BodyTemplate: Sendable {
    /// No byte of a JSON text.
    static let hole: [UInt8] = [0]

    private let parts: [ArraySlice<UInt8>]

    init(_ bytes: [UInt8]) {
        parts = bytes.split(separator: Self.hole[0], omittingEmptySubsequences: false)
    }

    /// Writes the document.
    ///
    /// - Parameters:
    ///   - name: a JSON string with its quotes.
    ///   - lastUsed: a JSON string with its quotes, or null.
    ///   - isExpired: the flag.
    /// - Returns: the bytes of the document.
    func filled(name: some Collection<UInt8>, lastUsed: [UInt8], isExpired: Bool) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(parts.reduce(64) { $0 + $1.count } + name.count)
        body.append(contentsOf: parts[0])
        body.append(contentsOf: name)
        body.append(contentsOf: parts[1])
        body.append(contentsOf: lastUsed)
        body.append(contentsOf: parts[2])
        body.append(contentsOf: isExpired ? "true".utf8 : "false".utf8)
        body.append(contentsOf: parts[3])
        return body
    }
}
