import Alerting
import Testing

@testable import Formats
@testable import HTTP
@testable import Monitor

/// A list that is read from saved answers, by a profile in TOML.
struct ListOnPaper {
    let profile: Profile
    /// The URLs that were requested.
    private(set) var requested: [String] = []
    private(set) var end: ListEnd?
    private var reading: ListReading

    static let secret = "admin-0123456789abcdef"
    static let now = Instant(seconds: 1_800_000_000)

    /// `list` is the content of the inline table, `more` are further keys of the profile.
    init(_ list: String, more: String = "", url: String = "{base}/tokens") throws {
        let toml = """
            base = "https://api.example"
            url = "\(url)"
            headers = { Authorization = "Bearer {secret}" }
            list = { \(list) }
            \(more)
            """
        let document = TOML.parse(Array(toml.utf8))
        #expect(document.errors.isEmpty, "\(document.errors)")
        var problems: [ProfileProblem] = []
        let read = Profile(name: "x", table: document.root, problems: &problems)
        profile = try #require(read, "\(problems)")
        let access = try ProviderAccess(profile, base: nil, variables: [:], interval: .seconds(60))
        let secret = try Secret(validating: Self.secret.utf8)
        let request = try #require(
            try access.request(
                secret: secret,
                SecretReader(environment: [:], for: .service)
            )
        )
        requested.append(request.url)
        reading = try #require(access.reading(request, secret: secret))
    }

    /// Answers the last request, with `headers` as lines of a head.
    mutating func answer(_ status: Int, _ body: String, headers: [String] = []) throws {
        let head = (["HTTP/1.1 \(status) X"] + headers).map { $0 + "\r\n" }.joined()
        let saved = try SavedAnswer(Array((head + "\r\n" + body).utf8))
        take(saved.result)
    }

    /// A good answer.
    mutating func answer(_ body: String, headers: [String] = []) throws {
        try answer(200, body, headers: headers)
    }

    /// Answers the last request well after it failed.
    mutating func answerAgain(_ body: String) throws {
        end = nil
        try answer(body)
    }

    mutating func take(_ result: HTTPResult) {
        #expect(end == nil, "nothing was requested")
        switch reading.take(result, at: Self.now) {
        case .request(let request):
            #expect(request.host == "api.example")
            #expect(request.headers.map(\.value) == ["Bearer " + Self.secret])
            requested.append(request.url)
        case .end(let end):
            self.end = end
        }
    }

    var ids: [String] { end?.listing?.tokens.map(\.id) ?? [] }

    /// Rows with these ids, as a JSON array.
    static func rows(_ ids: some Sequence<Int>) -> String {
        "[" + ids.map { #"{"id":\#($0),"name":"n\#($0)"}"# }.joined(separator: ",") + "]"
    }
}
