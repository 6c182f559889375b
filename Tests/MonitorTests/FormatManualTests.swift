import Foundation
import Testing

@testable import Monitor

/// `docs/channels.md` against the program.
struct FormatManualTests {
    private func page() throws -> String {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/channels.md")
        return try String(contentsOf: file, encoding: .utf8)
    }

    @Test func `every configuration of the page can be used`() throws {
        let blocks = try page().matches(of: /```toml\n([^`]*)```/).map { String($0.1) }
        #expect(blocks.count > BuiltinFormats.all.count)
        for block in blocks {
            let folder = try ConfigFolder(block)
            #expect(folder.errors() == [], "\(block)")
            let warnings = try folder.warnings().filter { !$0.contains("no tokens") }
            #expect(warnings == [], "\(block)")
        }
    }

    @Test func `every format has a configuration on the page, and what it needs`() throws {
        let page = try page()
        let webhooks = page.matches(of: /```toml\n(\[channels[^`]*)```/).map { String($0.1) }
        for known in KnownFormat.builtin {
            let text = try #require(
                webhooks.first { block in
                    block.split(separator: "\n").contains { line in
                        line.hasPrefix("format") && line.hasSuffix("\"\(known.name)\"")
                    }
                },
                "\(known.name)"
            )
            for input in known.inputs { #expect(text.contains(input.name), "\(input.name)") }
        }
    }

    @Test func `every placeholder is on the page, and no other`() throws {
        let table = try #require(try page().split(separator: "### Placeholders").last)
        let rows = try #require(table.split(separator: "### Text").first)
        let named = Set(rows.matches(of: /\{([a-z_]+)\}/).map { String($0.1) })
        #expect(named == Set(MessagePlace.allCases.map(\.rawValue)))
    }

    @Test func `what a format needs can be asked for`() throws {
        let telegram = try #require(KnownFormat.builtin.first { $0.name == "telegram" })
        #expect(telegram.url.fallback == "https://api.telegram.org")
        #expect(telegram.inputs.map(\.name) == ["chat", "bot_token"])
        #expect(telegram.inputs.map(\.isSecret) == [false, true])
        #expect(
            telegram.inputs[1].secretKeys == [
                "bot_token_file", "bot_token_credential", "bot_token",
            ]
        )
        #expect(KnownFormat.builtin.last?.name == "alertmanager")
    }
}
