import Alerting

/// A request with its secret, ready to send; printing it shows only its method and host.
package struct ProviderRequest: Sendable {
    package let method: String
    package let url: String
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]?
    /// The `HOST` or `HOST:PORT`.
    package let host: String

    /// Returns the same request for another page on the same host.
    func to(_ url: String) -> ProviderRequest {
        ProviderRequest(method: method, url: url, headers: headers, body: body, host: host)
    }
}

extension ProviderRequest: Undisclosed {
    package var description: String { "ProviderRequest(\(method) \(host))" }
}

/// A profile's request with everything but the secret filled in.
///
/// Tokens that differ only in their secret can share one.
package struct RequestTemplate: Hashable, Sendable {
    /// The error of a request that lacks values of its token, for an operator.
    package struct Incomplete: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    private enum BodyEncoding {
        case form
        case json
        case verbatim
    }

    package let method: String
    package let url: String
    /// The `HOST` or `HOST:PORT`, which groups tokens for limits and outages.
    package let host: String
    /// A number that changes with the request, and is the same on every machine.
    package let askedWith: UInt64
    private let headers: [Profile.Header]
    private let basic: Template?
    private let body: Template?

    /// Makes a profile's request for a token.
    ///
    /// - Parameters:
    ///   - profile: a profile that sends a request, so it has a `url`.
    ///   - base: the token's own base URL; nil for the profile's.
    ///   - variables: the token's values for the profile's variables.
    /// - Throws: the missing values of the token.
    package init(
        _ profile: Profile,
        base: BaseURL? = nil,
        variables: [String: String] = [:]
    ) throws(Incomplete) {
        guard let template = profile.url else {
            throw Incomplete(
                description: "provider \(profile.name) sends no request: it has no url"
            )
        }
        guard let base = base ?? profile.base else {
            throw Incomplete(description: "provider \(profile.name) has no base: set base_url")
        }
        for name in profile.variables {
            guard let value = variables[name], !value.isEmpty else {
                throw Incomplete(description: "provider \(profile.name) needs \(name)")
            }
            guard value.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
                throw Incomplete(description: "\(name) must be printable ASCII")
            }
        }
        method = profile.method
        host = base.authority
        url = template.filled { name in
            name == "base" ? base.description : (variables[name] ?? "").percentEncoded
        }
        let encoding = Self.bodyEncoding(profile.headers)
        headers = profile.headers.map { header in
            Profile.Header(
                name: header.name,
                value: header.value.filling(variables) { $0 }
            )
        }
        basic = profile.basic?.filling(variables) { $0 }
        body = profile.body?.filling(variables) { Self.encode($0, encoding) }
        askedWith = StableHash.of([url, profile.method, profile.asking])
    }

    /// Returns the request with secrets, each one line of printable ASCII, in their places.
    ///
    /// - Parameters:
    ///   - secret: the token's own secret.
    ///   - others: the values of all of the profile's `secrets`, by their names.
    /// - Returns: the request to send.
    package func request(secret: String, others: [String: String] = [:]) -> ProviderRequest {
        func value(_ name: String) -> String { name == "secret" ? secret : others[name] ?? "" }
        var sent = headers.map { (name: $0.name, value: $0.value.filled(value)) }
        if let basic {
            let credentials = Base64.encode(Array(basic.filled(value).utf8))
            sent.append((name: "Authorization", value: "Basic \(credentials)"))
        }
        return ProviderRequest(
            method: method,
            url: url,
            headers: sent,
            body: body.map { body in
                let encoding = Self.bodyEncoding(headers)
                return Array(body.filled { Self.encode(value($0), encoding) }.utf8)
            },
            host: host
        )
    }

    private static func bodyEncoding(_ headers: [Profile.Header]) -> BodyEncoding {
        let type = headers.first { $0.name.lowercased() == "content-type" }?.value.description
        guard let type = type?.lowercased() else { return .verbatim }
        if type.hasPrefix("application/x-www-form-urlencoded") { return .form }
        return type.hasPrefix("application/json") ? .json : .verbatim
    }

    /// Encodes a value for a body: in a form, a `&` in a secret would begin another field.
    private static func encode(_ value: String, _ encoding: BodyEncoding) -> String {
        switch encoding {
        case .form: value.percentEncoded
        case .json: value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        case .verbatim: value
        }
    }
}

extension Template {
    /// Fills a template, and keeps only the places without a value.
    fileprivate func filling(
        _ values: [String: String],
        encode: (String) -> String
    ) -> Template {
        Template(
            pieces: pieces.map { piece in
                guard case .variable(let name) = piece, let value = values[name],
                    name != "secret"
                else { return piece }
                return .literal(encode(value))
            }
        )
    }
}

extension String {
    /// The text with `%XX` for all but RFC 3986's unreserved characters (§2.3).
    package var percentEncoded: String { percentEncoded(but: "-._~") }

    /// Encodes the text, and keeps `plain` characters, letters and digits.
    func percentEncoded(but plain: String) -> String {
        let bytes = utf8.flatMap { byte in
            byte.isLetterOrDigit || plain.utf8.contains(byte)
                ? [byte] : byte.hexadecimal(after: "%")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
