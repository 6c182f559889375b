import Monitor
import Testing

@testable import Commands

/// `poll --profile FILE --answer FILE`, with what `providers NAME` prints.
private func tried(
    _ profile: String,
    _ answer: String,
    _ options: String...
) async throws -> (status: Int32, printed: Printed) {
    let folder = try Folder()
    let profile = try folder.write(profile, to: "profile.toml")
    let answer = try folder.write(answer, to: "answer")
    let printed = Printed()
    let session = Session(
        console: printed.console(),
        environment: [:],
        hostname: "vps-1",
        clock: { now },
        runDaemon: { _, _ in 71 }
    )
    let words = ["poll", "--profile", profile, "--answer", answer] + options
    return (await Program.run(words, session), printed)
}

private func profile(_ name: String) async -> String {
    await run("providers", name).printed.output
}

private func gitlab(_ expires: String, _ active: Bool = true) -> String {
    """
    HTTP/1.1 100 Continue\r
    \r
    HTTP/2 200 \r
    content-type: application/json\r
    \r
    {"id":4,"name":"deploy","revoked":false,"active":\(active),"expires_at":"\(expires)",
    "scopes":["api"],"last_used_at":null,"created_at":"2026-01-01T00:00:00Z"}
    """
}

@Test(
    arguments: [
        ("2027-11-21", true, 0, "gitlab: ok"), ("2026-12-01", true, 1, "gitlab: warning"),
        ("2026-11-22", true, 2, "gitlab: critical"), ("2026-11-21", true, 2, "gitlab: critical"),
        ("2027-11-21", false, 2, "gitlab: critical"),
    ] as [(String, Bool, Int32, String)]
)
func `a profile is tried on an answer that curl saved, and exits as poll does`(
    expires: String,
    active: Bool,
    status: Int32,
    first: String
) async throws {
    let text = await profile("gitlab").replacing("[providers.example]", with: "[providers.gitlab]")
    let (result, printed) = try await tried(text, gitlab(expires, active))
    #expect(result == status)
    #expect(printed.outputLines.first == first)
    #expect(printed.errors == "")
    #expect(printed.output.contains("a saved answer; no request"))
    #expect(printed.output.contains("does not report the account"))
}

@Test func `a body alone is a 200, and keys without a header are a profile`() async throws {
    let text = """
        url = "https://api.example/me"
        headers = { Authorization = "Bearer {secret}" }
        expires = "/e"
        """
    let (ok, printed) = try await tried(text, #"{"e":"2030-01-01"}"#)
    #expect(ok == 0)
    #expect(printed.outputLines.first == "profile: ok")
    let (unclear, page) = try await tried(text, "<html>", "--json")
    #expect(unclear == 1)
    #expect(page.output.contains("HTML instead of JSON"))
}

@Test func `a token that tells of itself is the answer`() async throws {
    // {"sub":"svc","exp":1795248000}, which is 2026-11-21T08:00:00Z
    let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzdmMiLCJleHAiOjE3OTUyNDgwMDB9.c2ln"
    let text = await profile("jwt")
    let (status, printed) = try await tried(text, token + "\n")
    #expect(status == 2)
    #expect(printed.output.contains("expired 2026-11-21 08:00 UTC"))
    #expect(!printed.output.contains(token))
    let (none, why) = try await tried(text, "two\nlines\n")
    #expect(none == 3)
    #expect(why.errors.contains("has more than one line"))
}

@Test func `a bad profile is an error with its place, and nothing is tried`() async throws {
    let (status, printed) = try await tried(
        "[providers.x]\nurl = \"https://a.example/{secret}\"\nheaders = { A = \"{secret}\" }\n",
        "{}"
    )
    #expect(status == 78)
    #expect(printed.errors.contains("/profile.toml:2:7: providers.x.url must not have {secret}"))
    let two = "[providers.x]\nexpires = \"claim:/exp\"\n[providers.y]\nexpires = \"claim:/exp\"\n"
    let (several, why) = try await tried(two, "{}")
    #expect(several == 78)
    #expect(why.errors.contains("/profile.toml:3:12: there is more than one [providers.NAME]"))
    let (broken, syntax) = try await tried("url = ", "{}")
    #expect(broken == 78)
    #expect(syntax.errors.contains("/profile.toml:1:"))
}

@Test(
    arguments: [
        ("HTTP/1.1 soon\r\n\r\n{}", "begins like HTTP, but its first line has no status"),
        ("HTTP/1.1 200 OK\r\n{}\r\n", "has a header without a colon"),
    ]
)
func `an answer that is none says why`(answer: String, why: String) async throws {
    let (status, printed) = try await tried(await profile("vps.org"), answer)
    #expect(status == 3)
    #expect(printed.errors.contains(why))
}

@Test func `files that are not there, and options that do not go together`() async throws {
    let folder = try Folder()
    let file = try folder.write("expires = \"claim:/exp\"\n", to: "p.toml")
    let (noProfile, first) = await run("poll", "--profile", "/none", "--answer", file)
    #expect(noProfile == 78)
    #expect(first.errors == "tokenwatchd: /none cannot be read: No such file or directory\n")
    let (noAnswer, second) = await run("poll", "--profile", file, "--answer", "/none")
    #expect(noAnswer == 3)
    #expect(second.errors == "tokenwatchd: /none cannot be read: No such file or directory\n")
    for words in [["--profile", file], ["--answer", file]] {
        #expect(await run("poll", words[0], words[1]).status == 64)
    }
    #expect(await run("poll", "a", "--profile", file, "--answer", file).status == 64)
}

@Test func `a profile that lists is tried on one page, and shows its tokens`() async throws {
    let text = """
        url = "https://api.example/tokens?org={org}"
        variables = ["org"]
        headers = { Authorization = "Bearer {secret}" }
        list.rows = "/data"
        list.id = "/id"
        list.next = "/next"
        list.fields.expires = "/end"
        list.fields.name = "/name"
        """
    let page = #"{"data":[{"id":7,"name":"ci","end":"2027-11-21"}],"next":null}"#
    let (status, whole) = try await tried(text, page)
    #expect(status == 0, "\(whole.output)")
    #expect(whole.output.contains("1 token\n"), "\(whole.output)")
    #expect(whole.output.contains("7 ci: expires 2027-11-21"), "\(whole.output)")
    let (_, first) = try await tried(text, page.replacing("null", with: #""/tokens?p=2""#))
    #expect(first.output.contains("a part of the list: there is a next page"))
    let (wrong, row) = try await tried(text, page.replacing("2027-11-21", with: "soon"), "--json")
    #expect(wrong == 1)
    #expect(row.output.contains("row 1: 7: /end: expected a date"), "\(row.output)")
    // Its id can be read: no other token is hidden by it.
    #expect(
        row.output.contains(#""listing":{"tokens":0,"unreadable":1,"whole":true"#),
        "\(row.output)"
    )
}
