import Alerting
import Testing

@testable import Formats
@testable import Monitor

/// The parts of a message that may be links.
struct NotifyLinkTests {
    private func text(
        _ format: String,
        name: String? = nil,
        renewURL: String? = nil,
        note: String? = nil
    ) throws -> String {
        let card = TokenCard(
            id: try #require(TokenID("deploy")),
            name: name,
            provider: "vps.org",
            account: name,
            owner: nil,
            renewURL: renewURL,
            note: note
        )
        let notice = try makeNotice(summary: "\(name ?? "deploy") expires", subject: .token(card))
        let body = try #require(try request(format, Message(notice))).body
        guard format != "ntfy" else { return String(decoding: body, as: UTF8.self) }
        let json = try JSONValue(parsing: body)
        return try #require((json["text"] ?? json["content"])?.string)
    }

    private static let renewal = "https://a.example/keys/my_key*1/?a=1&b=_x_#top"

    @Test func `the address for renewing a token can be followed in every messenger`() throws {
        let address = Self.renewal
        let discord = try text("discord", renewURL: address)
        #expect(discord.contains("\nRenew: <\(address)>\n"), "\(discord)")
        let slack = try text("slack", renewURL: address)
        let encoded = address.replacing("&", with: "&amp;")
        #expect(slack.contains("\nRenew: <\(encoded)>\n"), "\(slack)")
        let ntfy = try text("ntfy", renewURL: address)
        #expect(ntfy.contains("\nRenew: \(address)\n"), "\(ntfy)")
    }

    @Test func `an address as long as the configuration allows is not cut`() throws {
        let address = "https://a.example/" + String(repeating: "x", count: 1500)
        #expect(try text("discord", renewURL: address).contains("<\(address)>"))
    }

    @Test(arguments: [
        ("see https://w.example/a_b.", "see <https://w.example/a_b>."),
        ("https://w.example, then (https://x.example)", "<https://w.example>, then "),
        ("no https:// at all", "no https:"),
    ])
    func `an operator's note keeps its addresses`(note: String, shown: String) throws {
        let discord = try text("discord", note: note)
        #expect(discord.contains("\nNote: \(shown)"), "\(discord)")
        let slack = try text("slack", note: note)
        #expect(slack.contains("\nNote: \(shown)"), "\(slack)")
    }

    @Test(arguments: ["a b", "https://a.example/>x", "ftp://a.example", "https://a.example/é"])
    func `what is no web address is text`(address: String) throws {
        #expect(!WebAddress.isOne(address))
        #expect(!(try text("discord", renewURL: address)).contains("<\(address)>"))
    }

    /// What Mattermost and others would make a link, an image or a mention of.
    @Test(arguments: [
        "[click](https://evil.example)", "![x](https://evil.example/x.png)", "[a][b]",
        "https://evil.example", "HTTPS://evil.example", "www.evil.example", "@here", "@channel",
    ])
    func `a name becomes no link, no image and no mention`(name: String) throws {
        for format in ["slack", "discord", "ntfy"] {
            let text = try text(format, name: name)
            #expect(!text.contains("://"), "\(text)")
            #expect(!text.contains("www."), "\(text)")
            if format != "ntfy" {
                #expect(!text.contains("]("), "\(text)")
                #expect(!text.contains("]["), "\(text)")
                #expect(!text.contains(" @here") && !text.contains(" @channel"), "\(text)")
            }
        }
    }
}
