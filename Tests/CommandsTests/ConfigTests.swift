import Foundation
import HTTP
import Monitor
import Testing

@testable import Commands

@Test func `a good configuration is counted`() async throws {
    let folder = try Folder()
    let secret = try folder.write("token-of-nobody\n", to: "secret")
    let one = try folder.write("[tokens.a]\nsecret_file = \"\(secret)\"\n", to: "one.toml")
    let (status, printed) = await run("check-config", "--config", one)
    #expect(status == 0)
    #expect(printed.output == "ok: 1 token, 1 channel\n")
    #expect(printed.errors.isEmpty)
}

@Test func `a warning fails check-config with --strict alone`() async throws {
    let folder = try Folder()
    let none = try folder.write("[polling]\n", to: "none.toml")
    let (status, printed) = await run("check-config", "--config", none)
    #expect(status == 0)
    #expect(
        printed.errors == "warning: \(none):1:1: no tokens configured; add one: "
            + "tokenwatchd add ID --provider NAME\n"
    )
    let (strict, same) = await run("check-config", "--strict", "--config", none)
    #expect(strict == 78)
    #expect(same.errors == printed.errors)
}

@Test func `every error is told, in the order of the file, and nothing else`() async throws {
    let folder = try Folder()
    let file = try folder.write(
        "[polling]\nintervall = \"1h\"\ntimeout = 3\n[tokens.a]\nsecret_file = \"/x\"\n",
        to: "bad.toml"
    )
    let (status, printed) = await run("check-config", "--config", file)
    #expect(status == 78)
    #expect(printed.output.isEmpty)
    #expect(printed.errorLines.count == 3)
    #expect(printed.errorLines[0].hasPrefix("\(file):2:1: "))
    #expect(printed.errorLines[0].contains("interval"))
    #expect(printed.errorLines[1].hasPrefix("\(file):3:11: "))
    #expect(printed.errorLines[2].hasPrefix("\(file):5:1: tokens.a: /x does not exist"))
}

@Test func `a secret that cannot be read is an error, unless secrets are not looked at`()
    async throws
{
    let folder = try Folder()
    let file = try folder.write(
        "[tokens.a]\nsecret_file = \"\(folder.path)/none\"\n",
        to: "c.toml"
    )
    let (status, printed) = await run("check-config", "--config", file)
    #expect(status == 78)
    #expect(printed.errors.contains("tokens.a: \(folder.path)/none does not exist"))
    let (without, plain) = await run("check-config", "--no-secrets", "--config", file)
    #expect(without == 0)
    #expect(plain.output == "ok: 1 token, 1 channel\n")
}

@Test func `a configuration that is not there is named`() async throws {
    let (status, printed) = await run("check-config", "--config", "/nonexistent/c.toml")
    #expect(status == 78)
    #expect(
        printed.errorLines == [
            "/nonexistent/c.toml: cannot be read by user \(geteuid()): No such file or directory; "
                + "create it, or name another with --config"
        ]
    )
    let (json, text) = await run("check-config", "--json", "--config", "/nonexistent/c.toml")
    #expect(json == 78)
    #expect(
        text.output.hasPrefix(#"{"ok":false,"tokens":0,"inventories":0,"channels":0,"errors":["/n"#)
    )
}

// MARK: - poll

/// A provider on loopback that answers every request alike.
func provider(
    _ status: Int,
    _ body: String
) async throws -> (server: HTTPServer, base: String) {
    signal(SIGPIPE, SIG_IGN)
    let server = HTTPServer { request in
        request.headers["authorization"] == "Bearer token-of-nobody"
            ? HTTPResponse(status: status, body: .bytes(Array(body.utf8)))
            : HTTPResponse(status: 401)
    }
    let listener = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    let port = try #require(listener.port)
    try await server.serve(listener: listener)
    return (server, "http://127.0.0.1:\(port)")
}

private func account(expires: String) -> String {
    """
    {"account":{"email":"john@example.com"},"token":{"name":"Key","permissions":["dns:*"],
    "created_at":"2026-01-01T00:00:00Z","last_used_at":null,"expires_at":"\(expires)",
    "is_expired":false}}
    """
}

@Test(
    arguments: [
        ("2027-11-21T08:00:00Z", 0, "a: ok"), ("2026-12-01T08:00:00Z", 1, "a: warning"),
        ("2026-11-23T08:00:00Z", 2, "a: critical"),
    ] as [(String, Int32, String)]
)
func `poll shows what one poll sees and exits with what would be warned`(
    expires: String,
    status: Int32,
    first: String
) async throws {
    let (server, base) = try await provider(200, account(expires: expires))
    let folder = try Folder()
    let secret = try folder.write("token-of-nobody\n", to: "secret")
    let file = try folder.write(
        "daemon.socket = \"\(folder.path)/s\"\n[tokens.a]\nsecret_file = \"\(secret)\"\n"
            + "base_url = \"\(base)\"\n",
        to: "c.toml"
    )
    let (result, printed) = await run("poll", "--config", file)
    #expect(result == status)
    #expect(printed.outputLines[0] == first)
    #expect(printed.output.contains("  permissions  dns:*\n"))
    #expect(printed.output.contains("  alert ") == (status != 0))
    #expect(!printed.output.contains("token-of-nobody"))
    await server.stop()
}

@Test func `poll of a token that is refused is critical, of one without an answer unknown`()
    async throws
{
    let (server, base) = try await provider(401, "")
    let folder = try Folder()
    let secret = try folder.write("token-of-nobody\n", to: "secret")
    let file = try folder.write(
        "daemon.socket = \"\(folder.path)/s\"\n[tokens.a]\nsecret_file = \"\(secret)\"\n"
            + "base_url = \"\(base)\"\n",
        to: "c.toml"
    )
    let (refused, printed) = await run("poll", "--config", file)
    #expect(refused == 2)
    #expect(printed.output.contains("is rejected by"))
    await server.stop()
    let (silent, answer) = await run("poll", "a", "--config", file)
    #expect(silent == 3)
    #expect(answer.output.contains("unreachable: connection refused"))
}

@Test func `poll knows only the configured tokens`() async throws {
    let folder = try Folder()
    let secret = try folder.write("token-of-nobody\n", to: "secret")
    let file = try folder.write("[tokens.deploy]\nsecret_file = \"\(secret)\"\n", to: "c.toml")
    let (status, printed) = await run("poll", "deplyo", "--config", file)
    #expect(status == 3)
    #expect(printed.errors == "tokenwatchd: there is no token \"deplyo\"; did you mean deploy?\n")
    let (bad, _) = await run("poll", "--config", "/nonexistent/c.toml")
    #expect(bad == 78)
}

// MARK: - providers

@Test func `every built-in provider is listed, and can be copied`() async throws {
    let (status, printed) = await run("providers")
    #expect(status == 0)
    for provider in BuiltinProviders.all {
        #expect(printed.outputLines.contains { $0.hasPrefix("\(provider.name) ") })
        let (one, toml) = await run("providers", provider.name)
        #expect(one == 0)
        let folder = try Folder()
        let secret = try folder.write("token-of-nobody\n", to: "secret")
        var token = "[tokens.a]\nprovider = \"example\"\nsecret_file = \"\(secret)\"\n"
        if provider.profile.url != nil, provider.profile.base == nil {
            token += "base_url = \"https://x.example\"\n"
        }
        for name in provider.profile.variables { token += "\(name) = \"1\"\n" }
        for name in provider.profile.secrets { token += "\(name)_file = \"\(secret)\"\n" }
        let file = try folder.write(toml.output + token, to: "c.toml")
        let (copied, verdict) = await run("check-config", "--config", file)
        #expect(copied == 0, "\(verdict.errors)")
    }
}

@Test func `an entry that cannot be read is not taken for one that a person wrote`() async throws {
    let folder = try Folder()
    let file = try folder.write("", to: "tokenwatchd.toml")
    let entry = "\(folder.path)/conf.d/b.toml"
    try FileManager.default.createDirectory(atPath: entry, withIntermediateDirectories: true)
    let (status, printed) = await run("remove", "b", "--config", file)
    #expect(status == 1)
    #expect(printed.errors == "tokenwatchd: \(entry): Is a directory\n")
}

@Test func `an inventory whose tokens have tables stays, and the error names them`() async throws {
    let folder = try Folder()
    let file = try folder.write("[tokens.\"team/1\"]\nowner = \"x\"\n", to: "tokenwatchd.toml")
    try FileManager.default.createDirectory(
        atPath: "\(folder.path)/conf.d",
        withIntermediateDirectories: false
    )
    let mark = ConfigurationEntry.Kind.inventory.mark
    let entry = try folder.write("\(mark)\n[inventories.team]\n", to: "conf.d/team.toml")
    let (status, printed) = await run("remove", "team", "--config", file)
    #expect(status == 78)
    #expect(printed.errorLines.count == 2, "\(printed.errors)")
    #expect(
        printed.errorLines.last
            == "tokenwatchd: nothing was removed: without \(entry) the configuration has these "
            + "errors; correct them first, and delete every table [tokens.\"team/…\"]"
    )
    #expect(FileManager.default.fileExists(atPath: entry))
}

@Test func `simulate warns of a configuration without tokens`() async throws {
    let folder = try Folder()
    let text = "[daemon]\nstate_dir = \"\(folder.path)/state\"\n"
    let file = try folder.write(text, to: "new.toml")
    let (status, printed) = await run("simulate", "--current", file)
    #expect(status == 74, "there is no state")
    #expect(
        printed.errors.hasPrefix(
            "tokenwatchd: warning: \(file): no tokens configured, neither in it nor in conf.d next to it\n"
        ),
        "\(printed.errors)"
    )
}
