import Alerting
import Testing

@testable import Formats
@testable import HTTP
@testable import Monitor

/// Polls that begin with a request for an access token.
@Suite struct LoginTests {
    private let now = Instant(seconds: 1_800_000_000)

    private func secret() throws -> Secret { try Secret(validating: "cl13nt-secret&1".utf8) }

    private func azure() throws -> ProviderAccess {
        try ProviderAccess(
            try #require(BuiltinProviders.named("azure-secrets")).profile,
            base: nil,
            variables: ["tenant": "contoso.example", "client_id": "535fb089"],
            interval: .seconds(60)
        )
    }

    private func outcome(_ status: Int, _ body: String) throws -> LoginAccess.Outcome {
        let text = "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\n\r\n\(body)"
        let saved = try SavedAnswer(Array(text.utf8))
        let login = try #require(try azure().login)
        return login.take(saved.result, secret: try secret(), at: now)
    }

    private func failure(_ status: Int, _ body: String) throws -> Observation.Answer? {
        guard case .failed(let answer) = try outcome(status, body) else { return nil }
        return answer
    }

    @Test func `Microsoft Entra is asked as its documentation says`() throws {
        let reader = SecretReader(environment: [:], for: .service)
        let access = try azure()
        let login = try #require(try access.loginRequest(secret: try secret(), reader))
        #expect(login.method == "POST")
        #expect(
            login.url == "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token"
        )
        #expect(
            String(decoding: login.body ?? [], as: UTF8.self)
                == "client_id=535fb089&client_secret=cl13nt-secret%261"
                + "&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"
                + "&grant_type=client_credentials"
        )
        let token = try Secret(validating: "granted".utf8)
        let request = try #require(
            try access.request(secret: try secret(), reader, accessToken: token)
        )
        #expect(request.url == "https://graph.microsoft.com/v1.0/applications?$top=999")
        #expect(request.headers.map(\.value) == ["Bearer granted"])
    }

    @Test(arguments: [
        (
            #"{"token_type":"Bearer","expires_in":3599,"access_token":"eyJ0"}"#,
            Duration.seconds(3539)
        ),
        (#"{"expires_in":"3599","access_token":"eyJ0"}"#, .seconds(3539)),
        (#"{"expires_in":60,"access_token":"eyJ0"}"#, .zero),
        (#"{"expires_in":-5,"access_token":"eyJ0"}"#, .zero),
        (#"{"expires_in":9223372036854775807,"access_token":"eyJ0"}"#, .hours(24) - .minutes(1)),
        (#"{"access_token":"eyJ0"}"#, .zero),
    ]) func `a login grants an access token for a while`(body: String, life: Duration) throws {
        guard case .granted(let token) = try outcome(200, body) else {
            Issue.record("\(body) grants nothing")
            return
        }
        #expect(token.secret.reveal() == "eyJ0" && token.life == life)
    }

    // The texts are of microsoft/botframework-sdk#6221 and of Azure/kubernetes logs.
    @Test func `errors of a login are the token's verdict`() throws {
        let invalid = #"""
            {"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret is provided.\r\nTrace ID: 4d079e83-0dab-4aa4-b194-058cee092200","error_codes":[7000215]}
            """#
        #expect(
            try failure(401, invalid)
                == .rejected("the login: 401 Unauthorized with \"AADSTS7000215\"")
        )
        let expired = #"""
            {"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys are expired.","error_codes":[7000222]}
            """#
        #expect(try failure(401, expired) == .ok(Facts(saysExpired: true)))
        let scope =
            #"{"error":"invalid_scope","error_description":"AADSTS70011: …","error_codes":[70011]}"#
        #expect(try failure(400, scope)?.error?.hasPrefix("the login: 400 Bad Request") == true)
        guard case .malformed = try failure(400, scope) else {
            Issue.record("an error of the request is no verdict")
            return
        }
        #expect(try failure(503, "busy") == .serverError("the login: 503 Service Unavailable"))
        guard case .rateLimited = try failure(429, "{}") else {
            Issue.record("429 is a rate limit")
            return
        }
    }

    @Test(arguments: [
        "{}", #"{"access_token":null}"#, #"{"access_token":7}"#, #"{"access_token":""}"#,
        #"{"access_token":"a\nb"}"#, "<html>", "",
    ]) func `an answer without an access token is malformed`(body: String) throws {
        guard case .malformed(let reason) = try failure(200, body) else {
            Issue.record("\(body)")
            return
        }
        #expect(reason.hasPrefix("the login: "), "\(reason)")
    }

    // MARK: - Profiles

    private func problems(_ login: String, _ header: String = "{access_token}") -> [String] {
        let toml = """
            url = "https://api.example/x"
            headers = { Authorization = "\(header)" }
            login = \(login)
            """
        var problems: [ProfileProblem] = []
        _ = Profile(name: "x", table: TOML.parse(Array(toml.utf8)).root, problems: &problems)
        return problems.map(\.message)
    }

    @Test(arguments: [
        (#""https://x""#, "it must be a table such as"),
        (#"{ token = "/t", basic = "{secret}:" }"#, "has no url"),
        (#"{ url = "{base}/l", basic = "{secret}:" }"#, "has no token"),
        (#"{ url = "{base}/l", token = "t", basic = "{secret}:" }"#, "must be a JSON pointer"),
        (#"{ url = "{base}/l", token = "/t" }"#, "has {secret} in no header"),
        (
            #"{ url = "{base}/l", token = "/t", basic = "{secret}:", row = 1 }"#,
            "has no key \"row\""
        ),
        (#"{ url = "http://api.example/l", token = "/t", basic = "{secret}:" }"#, "login.url"),
        (#"{ url = "{base}/{secret}", token = "/t" }"#, "proxies log URLs"),
    ]) func `a wrong login is an error that names the key`(login: String, words: String) {
        let problems = problems(login)
        #expect(problems.contains { $0.contains(words) }, "\(problems)")
    }

    @Test func `the access token has to be used`() {
        let problems = problems(
            #"{ url = "{base}/l", token = "/t", basic = "{secret}:" }"#,
            "Bearer {secret}"
        )
        #expect(problems.count == 1 && problems[0].contains("{access_token} in no header"))
    }

    @Test func `a profile with a login is written as it was read`() throws {
        let profile = try #require(BuiltinProviders.named("azure-secrets")).profile
        let again = TOML.parse(Array(profile.asking.utf8))
        #expect(again.errors.isEmpty, "\(again.errors)")
        var problems: [ProfileProblem] = []
        let read = Profile(name: profile.name, table: again.root, problems: &problems)
        #expect(problems.isEmpty && read == profile.asked, "\(problems)")
    }

    // MARK: - Several expiries

    private static let list =
        #"rows = "", id = "/id", fields = { expires = { from = "/keys", each = "/end", absent = "skip" } }"#

    @Test(arguments: [
        // The clock is at 2027-01-15.
        (#"[{"end":"2027-01-01"},{"end":"2027-03-01"},{"end":"2027-02-01"}]"#, "2027-02-01"),
        (#"[{"end":"2027-01-01"},{"end":"2026-03-01"}]"#, "2027-01-01"),
        (#"[{"end":"2027-03-01"}]"#, "2027-03-01"),
    ]) func `of several ends the next counts, or the last`(keys: String, end: String) throws {
        var list = try ListOnPaper(Self.list)
        try list.answer(#"[{"id":1,"keys":\#(keys)}]"#)
        let facts = try #require(list.end?.listing?.tokens.first?.facts)
        #expect(facts.expiry == .at(try #require(Instant(text: end))))
    }

    @Test func `a row without any end is left out where the profile says so`() throws {
        var list = try ListOnPaper(Self.list)
        try list.answer(#"[{"id":1,"keys":[]},{"id":2},{"id":3,"keys":[{"end":"2027-03-01"}]}]"#)
        #expect(list.ids == ["3"] && list.end?.listing?.isWhole == true)
        var wrong = try ListOnPaper(Self.list)
        try wrong.answer(
            #"[{"id":1,"keys":[{"end":"soon"}]},{"id":2,"keys":[{}]},{"id":3,"keys":7}]"#
        )
        #expect(wrong.ids == [] && wrong.end?.listing?.unreadable == ["1", "2", "3"])
    }

    @Test func `of several places the earliest counts`() throws {
        var list = try ListOnPaper(
            #"rows = "", id = "/id", fields = { expires = ["/a", { from = "/b", absent = "never" }] }"#
        )
        try list.answer(
            #"[{"id":1,"a":"2027-03-01","b":"2027-02-01"},{"id":2,"a":"2027-03-01"},{"id":3,"a":null}]"#
        )
        let ends = list.end?.listing?.tokens.map(\.facts.expiry) ?? []
        let february = try #require(Instant(text: "2027-02-01"))
        let march = try #require(Instant(text: "2027-03-01"))
        #expect(ends == [.at(february), .at(march), .never])
    }
}
