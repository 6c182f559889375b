import Alerting
import EngineLives

@testable import Formats
@testable import HTTP
@testable import Monitor

/// A reader of any bytes, and the properties that every input must keep.
///
/// `make fuzz` looks for inputs that break it, guided by coverage; the tests feed the corpus.
enum FuzzTarget: String, CaseIterable {
    case toml
    case http
    case json
    case answer
    case profile
    case format
    case configuration
    case text
    case engine

    /// Returns what does not hold of an input; nil where all does.
    ///
    /// A trap is a fault too.
    func fault(_ bytes: [UInt8]) -> String? {
        switch self {
        case .toml: Self.toml(bytes)
        case .http: Self.http(bytes)
        case .json: Self.json(bytes)
        case .answer: Self.answer(bytes)
        case .profile: Self.profile(bytes)
        case .format: Self.format(bytes)
        case .configuration: Self.configuration(bytes)
        case .text: Self.text(bytes)
        case .engine: Self.engine(bytes)
        }
    }

    private static func toml(_ bytes: [UInt8]) -> String? {
        let document = TOML.parse(bytes)
        if document.errors.count > TOML.maximumErrors { return "too many errors" }
        if document.errors != TOML.parse(bytes).errors { return "other errors the second time" }
        let lines = bytes.count { $0 == 0x0a } + 1
        let isOutside = document.errors.contains {
            $0.position.line < 1 || $0.position.line > lines || $0.position.column < 1
        }
        return isOutside ? "an error outside of the document" : nil
    }

    /// What a parser makes of bytes that come in pieces.
    private static func requests(_ bytes: [UInt8], piece: Int) -> ([String], HTTPRefusal?) {
        var parser = HTTPRequestParser(
            limits: HTTPLimits(),
            peer: .tcp(address: "127.0.0.1", port: 1)
        )
        var requests: [String] = []
        var rest = bytes[...]
        while true {
            switch parser.next() {
            case .request(let request):
                requests.append(
                    "\(request.method) \(request.target) \(request.path) \(request.query)"
                        + " \(request.segments) \(request.host ?? "-") \(request.body)"
                )
            case .refused(let refusal): return (requests, refusal)
            case .needsMore:
                guard !rest.isEmpty else { return (requests, nil) }
                parser.append(rest.prefix(piece))
                rest = rest.dropFirst(piece)
            }
        }
    }

    private static func http(_ bytes: [UInt8]) -> String? {
        let whole = requests(bytes, piece: .max)
        for piece in [1, 7] {
            let pieces = requests(bytes, piece: piece)
            if whole.0 != pieces.0 { return "in pieces of \(piece): \(pieces.0), not \(whole.0)" }
            if whole.1?.status != pieces.1?.status {
                return "in pieces of \(piece) refused otherwise"
            }
        }
        return nil
    }

    private static let scanner = JSONScanner(
        ["", "/a", "/a/b", "/0", "/token/permissions"].compactMap(JSONPointer.init).map {
            JSONWanted($0)
        }
    )

    private static func json(_ bytes: [UInt8]) -> String? {
        let found = try? scanner.scan(bytes)
        let tree: JSONValue
        do throws(JSONError) {
            tree = try JSONValue(parsing: bytes)
        } catch {
            // The scanner lets members be repeated that it does not read.
            if case .duplicateKey = error.problem { return nil }
            return found == nil ? nil : "only the tree rejects it: \(error)"
        }
        guard found != nil else { return "only the scanner rejects it" }
        var writer = JSONWriter(reserving: bytes.count)
        tree.write(into: &writer)
        guard let again = try? JSONValue(parsing: writer.bytes) else {
            return
                "what was written cannot be read: \(String(decoding: writer.bytes, as: UTF8.self))"
        }
        var second = JSONWriter(reserving: bytes.count)
        again.write(into: &second)
        return second.bytes == writer.bytes ? nil : "written otherwise the second time"
    }

    private static let now = Instant(seconds: 1_800_000_000)
    private static let secret = "vps_0123456789abcdefghij"
    private static let headers = [
        "content-type": "application/json", "retry-after": "12", "x-oauth-scopes": "repo, gist",
        "www-authenticate": "Bearer error=\"invalid_token\"",
        "github-authentication-token-expiration": "2027-01-31 10:00:00 UTC",
    ]

    private static func read(_ reader: AnswerReader, _ status: Int, _ body: [UInt8]) -> String? {
        let answer = reader.read(
            status: status,
            headers: { headers[$0.lowercased()] },
            body: body,
            secret: secret,
            at: now
        )
        if "\(answer)".contains(secret) { return "shows the secret" }
        switch answer {
        case .unreachable: return "an answer is no failure to reach anybody"
        case .ok(let facts):
            let words = facts.permissions?.words ?? []
            return words == words.sorted() ? nil : "permissions out of order"
        case .malformed(let text), .rejected(let text), .serverError(let text),
            .rateLimited(let text):
            let isShown = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
            return isShown ? nil : "a control character in a problem"
        }
    }

    /// The first line is a provider and a status, `github 401`; the rest is the body.
    private static func answer(_ bytes: [UInt8]) -> String? {
        guard let end = bytes.prefix(80).firstIndex(of: 0x0a) else { return nil }
        let words = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
        guard words.count == 2 else { return nil }
        let name = String(words[0])
        let number = StableHash.of([name]) % UInt64(BuiltinProviders.names.count)
        let known = BuiltinProviders.isBuiltIn(name) ? name : BuiltinProviders.names[Int(number)]
        guard let profile = BuiltinProviders.named(known)?.profile else { return nil }
        let reader = AnswerReader(profile)
        let body = Array(bytes[(end + 1)...])
        _ = reader.read(secret: String(decoding: body, as: UTF8.self), at: now)
        return read(reader, Int(words[1]) ?? 200, body)
    }

    private static func profile(_ bytes: [UInt8]) -> String? {
        guard let profile = try? ProfileFile.profile(bytes, file: "fuzz.toml") else { return nil }
        let reader = AnswerReader(profile)
        let body = #"{"token":{"expires_at":"2027-01-31","permissions":["a:b"]},"id":1,"e":null}"#
        for status in [200, 401, 429] {
            if let fault = read(reader, status, Array(body.utf8)) { return fault }
        }
        return nil
    }

    private static func format(_ bytes: [UInt8]) -> String? {
        guard let formats = try? BuiltinFormats.read(bytes) else { return nil }
        for format in formats {
            for isResolved in [false, true] {
                let message = ExampleEvent.message(isResolved: isResolved)
                guard let preview = FormatPreview(format.format, of: message) else { continue }
                let isSplit = preview.headers.contains { line in
                    line.unicodeScalars.contains { $0 == "\r" || $0 == "\n" || $0 == "\0" }
                }
                if isSplit { return "a header of several lines" }
            }
        }
        return nil
    }

    private static func configuration(_ bytes: [UInt8]) -> String? {
        let report = Report()
        report.files = ["fuzz.toml"]
        let document = TOML.parse(bytes)
        for error in document.errors {
            report.unread(FilePlace(file: 0, error.position), error.message)
        }
        let unread = Set(document.errors.map(\.position))
        let root = ConfigurationTable(place: FilePlace(file: 0, .start))
        root.merge(document.root, file: 0, unread: unread, report: report)
        var providers = ProviderTables()
        if unread.isEmpty { providers.add(document.root, file: 0, report: report) }
        let context = ConfigurationContext(environment: [:], hostname: "fuzz")
        _ = ConfigurationDecoder(report: report, context: context).decode(
            root,
            providers: providers
        )
        let errors = report.sortedErrors
        if !document.errors.isEmpty, errors.isEmpty { return "an error of TOML is gone" }
        let isSplit = errors.contains { "\($0)".unicodeScalars.contains { $0.value < 0x20 } }
        return isSplit ? "a control character in an error" : nil
    }

    private static func text(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        if let instant = Instant(text: text), Instant(text: instant.rfc3339) == nil {
            return "\(instant.rfc3339) cannot be read"
        }
        if let instant = Instant(httpDate: text, now: now) { _ = instant.rfc3339 }
        if let wait = RetryAfter.wait(text, now: now),
            wait < .zero || wait > RetryAfter.maximum
        {
            return "a pause of \(wait)"
        }
        if let duration = DurationText.parse(text), duration > DurationText.longest {
            return "too long"
        }
        if Template(text).description != text { return "a template of another text" }
        if Base64.decode(bytes).map({ Array(Base64.encode($0).utf8) == bytes }) == false {
            return "base64 that is written otherwise"
        }
        let words = text.split(separator: " ").map(String.init)
        let (left, right) = (
            PermissionSet(words.prefix(words.count / 2)),
            PermissionSet(words.suffix(words.count / 2))
        )
        for syntax in [PermissionSyntax.resourceAction, .opaque] {
            if !left.covers(left, syntax: syntax) { return "a set does not cover itself" }
            let covers = right.covers(left, syntax: syntax)
            if covers != left.notCovered(by: right, syntax: syntax).isEmpty {
                return "covered, and not"
            }
        }
        let shown = text.escapedForTerminal
        if shown.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) {
            return "a control character for a terminal"
        }
        _ = TokenID(text)
        _ = EventID(text)
        _ = Glob(text).matches("deploy")
        return nil
    }

    /// What happens to an engine; each incident and each stroke of luck is a byte.
    private static func engine(_ bytes: [UInt8]) -> String? {
        var life = EngineLife(luck: Luck(bytes: bytes))
        while !life.hasEnded { life.step() }
        life.calmDown()
        return life.fault
    }
}
