import Alerting
import Testing

@testable import Formats
@testable import Monitor

@Suite struct ProfileRequestTests {
    private func profile(_ toml: String) throws -> Profile {
        var problems: [ProfileProblem] = []
        let root = TOML.parse(Array(toml.utf8)).root
        let profile = Profile(name: "x", table: root, problems: &problems)
        #expect(problems.isEmpty)
        return try #require(profile)
    }

    @Test func `VPS.org is asked as its documentation says`() throws {
        let template = try RequestTemplate(#require(BuiltinProviders.named("vps.org")).profile)
        let request = template.request(secret: "s3cr3t")
        #expect(request.method == "GET")
        #expect(request.url == "https://admin.vps.org/api/v1/account/me/")
        #expect(
            request.headers.map { "\($0.name): \($0.value)" } == [
                "Authorization: Bearer s3cr3t", "Accept: application/json",
            ]
        )
        #expect(request.body == nil)
        #expect(request.host == "admin.vps.org")
    }

    @Test func `a token's own base takes the place of the profile's`() throws {
        let profile = try #require(BuiltinProviders.named("vps.org")).profile
        let base = try BaseURL("http://127.0.0.1:8080/mock/")
        let template = try RequestTemplate(profile, base: base)
        #expect(template.url == "http://127.0.0.1:8080/mock/api/v1/account/me/")
        #expect(template.host == "127.0.0.1:8080")
        #expect(template.askedWith != (try RequestTemplate(profile)).askedWith)
    }

    @Test func `what is asked has a number that changes with the profile and not else`() throws {
        let profile = try #require(BuiltinProviders.named("vps.org")).profile
        var other = profile
        other.facts.expires?.null = .notTold
        let number = try RequestTemplate(profile).askedWith
        #expect(try RequestTemplate(profile).askedWith == number)
        #expect(try RequestTemplate(other).askedWith != number)
        // FNV-1a of "a" and a zero byte, from its definition.
        #expect(StableHash.of(["a"]) == 0x089b_e207_b544_f1e4)
    }

    @Test func `variables are escaped for where they go`() throws {
        let profile = try profile(
            #"""
            url = "https://a.example/t/{id}"
            method = "POST"
            headers = { Content-Type = "application/x-www-form-urlencoded", X = "{id}" }
            body = "token={secret}&id={id}"
            variables = ["id"]
            """#
        )
        let request = try RequestTemplate(profile, variables: ["id": "a/b &c"])
            .request(secret: "x&y=+%")
        #expect(request.url == "https://a.example/t/a%2Fb%20%26c")
        #expect(request.headers.last?.value == "a/b &c")
        let body = String(decoding: try #require(request.body), as: UTF8.self)
        #expect(body == "token=x%26y%3D%2B%25&id=a%2Fb%20%26c")
    }

    @Test func `a secret stays one string of a JSON body`() throws {
        let profile = try profile(
            #"""
            url = "https://a.example/"
            method = "POST"
            headers = { Content-Type = "application/json" }
            body = '{"t":"{secret}"}'
            """#
        )
        let request = try RequestTemplate(profile).request(secret: #"a"b\c"#)
        #expect(String(decoding: try #require(request.body), as: UTF8.self) == #"{"t":"a\"b\\c"}"#)
    }

    @Test func `a secret or a variable that looks like a place is left as it is`() throws {
        let profile = try profile(
            #"""
            url = "https://a.example/{id}"
            headers = { A = "{id} {secret}" }
            variables = ["id"]
            """#
        )
        let request = try RequestTemplate(profile, variables: ["id": "{secret}"])
            .request(secret: "{id}")
        #expect(request.headers.first?.value == "{secret} {id}")
    }

    @Test func `what a token does not give is named`() throws {
        let profile = try profile(
            "url = \"{base}/{id}\"\nvariables = [\"id\"]\nheaders = { A = \"{secret}\" }"
        )
        let noBase = #expect(throws: RequestTemplate.Incomplete.self) {
            try RequestTemplate(profile, variables: ["id": "1"])
        }
        #expect(noBase?.description == "provider x has no base: set base_url")
        let base = try BaseURL("https://a.example")
        let noID = #expect(throws: RequestTemplate.Incomplete.self) {
            try RequestTemplate(profile, base: base)
        }
        #expect(noID?.description == "provider x needs id")
        let lineBreak = #expect(throws: RequestTemplate.Incomplete.self) {
            try RequestTemplate(profile, base: base, variables: ["id": "1\r\nX: y"])
        }
        #expect(lineBreak?.description == "id must be printable ASCII")
    }

    @Test func `a request cannot be printed with its secret`() throws {
        let request = try RequestTemplate(#require(BuiltinProviders.named("vps.org")).profile)
            .request(secret: "hidden-secret")
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] {
            #expect(!text.contains("hidden-secret"))
        }
    }

    @Test(arguments: [
        ("https://admin.vps.org", "https://admin.vps.org", "admin.vps.org"),
        ("HTTPS://Admin.VPS.org:443/", "https://admin.vps.org", "admin.vps.org"),
        ("https://h:8443/a/b//", "https://h:8443/a/b", "h:8443"),
        ("https://[2001:DB8::1]:444", "https://[2001:db8::1]:444", "[2001:db8::1]:444"),
        ("http://localhost:80", "http://localhost", "localhost"),
        ("http://127.255.0.9:1", "http://127.255.0.9:1", "127.255.0.9:1"),
        ("http://[::1]/x", "http://[::1]/x", "[::1]"),
    ]) func `a base URL is read`(text: String, url: String, authority: String) throws {
        let base = try BaseURL(text)
        #expect(base.description == url)
        #expect(base.authority == authority)
    }

    @Test(arguments: [
        ("", "a URL begins with https://"),
        ("admin.vps.org", "a URL begins with https://"),
        ("ftp://h", "the scheme must be https"),
        ("https://", "the host is not a host name or an address"),
        ("https://u:p@h", "a URL may not have a user name or password"),
        ("https://h?q", "a base URL has no '?' and no '#'"),
        ("https://h/#f", "a base URL has no '?' and no '#'"),
        ("https://h\r\nX: y", "a URL has no spaces, control characters or '\\'"),
        ("https://h\\x", "a URL has no spaces, control characters or '\\'"),
        ("https://h:0", "the port must be 1 to 65535"),
        ("https://h:65536", "the port must be 1 to 65535"),
        ("https://h:", "the port must be 1 to 65535"),
        ("https://h:+1", "the port must be 1 to 65535"),
        ("https://[::1", "the host is not a host name or an address"),
        ("https://[]", "the host is not a host name or an address"),
        ("https://h/a/../b", "a path has no '.' and no '..'"),
        ("https://h/{id}", "the path has a character that a URL cannot have"),
        ("http://admin.vps.org", "http:// is for loopback only: use https://"),
        ("http://127.0.0.1.evil.example", "http:// is for loopback only: use https://"),
        ("http://127.1", "http:// is for loopback only: use https://"),
        ("http://127.0.0.01", "http:// is for loopback only: use https://"),
        ("http://127.0.0.256", "http:// is for loopback only: use https://"),
        ("http://128.0.0.1", "http:// is for loopback only: use https://"),
        ("http://localhost.evil.example", "http:// is for loopback only: use https://"),
    ]) func `a base URL that is wrong or unsafe is refused`(text: String, message: String) {
        let invalid = #expect(throws: BaseURL.Invalid.self) { try BaseURL(text) }
        #expect(invalid?.description == message)
    }
}
