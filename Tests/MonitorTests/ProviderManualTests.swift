import Alerting
import Foundation
import Testing

@testable import HTTP
@testable import Monitor

/// `docs/providers.md` against the program.
@Suite struct ProviderManualTests {
    private func manual() throws -> String {
        try String(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../docs/providers.md"),
            encoding: .utf8
        )
    }

    @Test func `the manual has every provider with what it reports`() throws {
        let lines = try manual().split(separator: "\n").map(String.init)
        let rows = lines.filter { $0.hasPrefix("| [") }
        let expected = BuiltinProviders.all.map { provider in
            let profile = provider.profile
            var needs = profile.variables + profile.secrets.map { $0 + "_file" }
            if profile.url != nil, profile.base == nil { needs.insert("base_url", at: 0) }
            let tells = profile.list?.tells ?? profile.tells
            let reports = [
                profile.list != nil, profile.url != nil, tells.expiry, tells.lastUsed,
                tells.permissions, tells.name,
                tells.account,
            ]
            let cells =
                [
                    "[\(provider.name)](\(profile.docs ?? ""))",
                    needs.map { "`\($0)`" }.joined(separator: ", "),
                ]
                + reports.map { $0 ? "yes" : "–" } + [profile.verified ?? ""]
            return "| " + cells.joined(separator: " | ") + " |"
        }
        #expect(rows == expected)
    }

    @Test func `every file of a built-in profile is named in the list`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/Monitor/Providers/Builtin")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.sorted() == BuiltinFiles.all.map { $0.name + ".toml" }.sorted())
        #expect(BuiltinProviders.names.first == BuiltinProviders.defaultName)
    }

    @Test func `the manual has every key of a profile`() throws {
        let text = try manual()
        for key in ProfileDecoder.keys { #expect(text.contains("`\(key)`"), "\(key)") }
    }

    @Test func `the profile of the manual reads the answer of the manual`() throws {
        let text = try manual()
        func block(after mark: String) throws -> String {
            let start = try #require(text.range(of: mark))
            let rest = text[start.upperBound...]
            let end = try #require(rest.range(of: "```"))
            return rest[..<end.lowerBound].split(
                separator: "\n",
                omittingEmptySubsequences: false
            )
            .map { $0.drop { $0 == " " } }.joined(separator: "\n")
        }
        let toml = try block(after: "in `profile.toml`:\n\n   ```toml\n")
        let profile = try ProfileFile.profile(Array(toml.utf8), file: "profile.toml")
        let saved = try SavedAnswer(Array(block(after: "> answer\n   ```\n\n   ```\n").utf8))
        #expect(saved.status == 200)
        let answer = AnswerReader(profile).read(
            status: saved.status,
            headers: { saved.headers[$0] },
            body: saved.body,
            secret: "",
            at: Instant(seconds: 0)
        )
        let expected = Facts(
            name: "deploy",
            permissions: PermissionSet(["read", "write"]),
            expiry: .at(try #require(Instant(text: "2027-01-31T12:00:00Z")))
        )
        #expect(answer == .ok(expected))
    }
}
