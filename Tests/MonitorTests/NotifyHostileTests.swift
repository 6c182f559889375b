import Alerting
import Foundation
import Testing

@testable import Formats
@testable import HTTP
@testable import Monitor

/// Harmful names of tokens, by intent or by chance.
private let hostileNames = [
    "*bold* _it_ ~strike~ `code` ```block``` **b** __u__ ||spoiler||",
    "# head > quote - list 1. one | a | b |",
    "<b>bold</b> <script>alert(1)</script> &lt;b&gt; \" '",
    "<!channel> <!here> <@U1|x> <#C1> <users/all> <at>Everyone</at>",
    "@everyone @here @channel @all @**all** @*group* @_**silent** @room @alice #town ~town",
    "[click](https://evil.example) ![x](https://evil.example/x.png) [a][b] <https://evil.example>",
    "https://evil.example/a_b_c?x=1&y=2 http://evil.example www.evil.example WWW.evil.example",
    "{text} {bot_token} {{x}} ${y} %s \\n \\\\ \\* \"quoted\" '; drop", "",
    String(repeating: "x", count: 4000), String(repeating: "*", count: 4000),
    String(repeating: "@", count: 4000), String(repeating: "漢字かな交じり文", count: 500),
    String(repeating: "👩‍👩‍👧‍👦🇩🇪", count: 400), "e" + String(repeating: "\u{301}", count: 4000),
    "\u{202e}evil\u{202c} \u{2066}x\u{2069} שלום العربية", "a\r\nX-Evil: 1\r\n\r\nb",
    "a\u{0}b\u{1b}[31m\u{7}",
    "\u{feff}\u{200b}\u{2028}\u{2029}\u{e0041}", "=?UTF-8?B?eA==?=", "-----",
    "a:b@c.example /start", "evil.example/x evil.example/@x (evil.example)",
]

/// Nothing that a provider says is markup, a mention, a link or too long, whatever the receiver.
struct NotifyHostileTests {
    /// The texts that a receiver reads as its markup, where they are, and how long they may be.
    struct Field: Sendable {
        let format: String
        /// A JSON pointer; of a form the field's name; empty for the whole body.
        let place: String
        /// The documented maximum.
        let limit: String
    }

    private static let fields = [
        Field(format: "slack", place: "/text", limit: "4000 characters"),
        Field(format: "discord", place: "/content", limit: "2000 characters"),
        Field(format: "mattermost", place: "/text", limit: "4000 characters"),
        Field(format: "rocketchat", place: "/text", limit: "5000 characters"),
        Field(format: "teams", place: "/attachments/0/content/body/0/text", limit: "28000 bytes"),
        Field(format: "teams", place: "/attachments/0/content/body/1/text", limit: "20000 bytes"),
        Field(format: "googlechat", place: "/text", limit: "32000 bytes"),
        Field(format: "telegram", place: "/text", limit: "4096 UTF-16 units"),
        Field(format: "matrix", place: "/formatted_body", limit: "30000 bytes"),
        Field(format: "matrix", place: "/body", limit: "30000 bytes"),
        Field(format: "ntfy", place: "", limit: "4096 bytes"),
        Field(format: "gotify", place: "/message", limit: "4000 characters"),
        Field(format: "pushover", place: "message", limit: "1024 characters"),
        Field(format: "pushover", place: "title", limit: "250 characters"),
        Field(format: "zulip", place: "content", limit: "10000 characters"),
        Field(format: "pagerduty", place: "/payload/summary", limit: "1024 characters"),
        Field(format: "opsgenie", place: "/message", limit: "130 characters"),
        Field(format: "opsgenie", place: "/description", limit: "15000 characters"),
        Field(format: "opsgenie", place: "/entity", limit: "512 characters"),
        Field(format: "opsgenie", place: "/source", limit: "100 characters"),
        Field(format: "splunk-oncall", place: "/state_message", limit: "20000 bytes"),
    ]

    /// What must not be in a text, by format; of HTML what is left when the format's own tags are gone.
    private static let forbidden: [String: [String]] = [
        "slack": ["<!", "<@", "<#", "](", "][", " @here", " @all", "*bold", " _it", " `code"],
        "mattermost": [
            "<!", "](", "][", " @here", " @alice", " ~town", " *bold", " _it", " ~strike", " `code",
        ],
        "rocketchat": ["](", "][", " @all", " @here", " @alice", " #town"],
        "teams": ["](https://e", "][", " *bold", " _it"],
        "googlechat": ["<users", "<https://e", "*bold", " _it", " ~strike", " `code"],
        "telegram": ["<script", "<b>bold", "<https", " @alice"],
        "matrix": ["<script", "<b>", "<at>", "<https"],
        "zulip": ["](", "][", "@**", "@*", "@_**", " #town", "*bold", " ~~s"],
    ]

    private static func message(_ name: String) throws -> Message {
        let card = TokenCard(
            id: try #require(TokenID("deploy")),
            name: name,
            provider: "vps.org",
            account: name,
            holder: AccountHolder(name: name, company: name),
            owner: "platform team",
            renewURL: "https://admin.vps.org/keys/my_key_1/?a=1&b=_x_",
            note: nil
        )
        return Message(try makeNotice(summary: "\(name) expires", subject: .token(card)))
    }

    private static func text(_ field: Field, _ request: WebhookMessage) throws -> String {
        let body = String(decoding: request.body, as: UTF8.self)
        if field.place.isEmpty { return body }
        if field.place.hasPrefix("/") {
            let json = try JSONValue(parsing: request.body)
            let pointer = try #require(JSONPointer(field.place))
            return try #require(json.value(at: pointer)?.string, "\(body)")
        }
        let pairs = HTTPPercentCoding.pairs(of: Array(body.utf8)[...]) ?? []
        return try #require(pairs.first { $0.name == field.place }?.value, "\(body)")
    }

    @Test(arguments: fields)
    func `every text fits its receiver, whatever a token is called`(field: Field) throws {
        let limit = try #require(TextLimit(field.limit))
        for name in hostileNames {
            let request = try #require(try request(field.format, Self.message(name)))
            let text = try Self.text(field, request)
            #expect(limit.length(of: text) <= limit.count, "\(name.prefix(40))")
            #expect(!text.isEmpty)
        }
    }

    @Test(arguments: fields)
    func `no name becomes markup, a mention or a link`(field: Field) throws {
        for name in hostileNames {
            let request = try #require(try request(field.format, Self.message(name)))
            let text = try Self.text(field, request)
            let own = text.replacing("https://admin.vps.org", with: "")
            #expect(!own.contains("://"), "\(own)")
            #expect(!own.lowercased().contains("www."), "\(own)")
            // What turns text around, hides or ends a line is spelled out.
            let unseen = text.unicodeScalars.filter(\.isUnsafeToShow)
            #expect(unseen.allSatisfy { $0 == "\n" || $0 == "\u{200b}" }, "\(unseen)")
            // Matrix reads its markup in one of its two texts.
            let isMarkup = field.place != "/body"
            for part in isMarkup ? Self.forbidden[field.format] ?? [] : [] {
                #expect(!own.contains(part), "\(part) in \(own)")
            }
        }
    }

    @Test func `a domain in a name is no link, and a mail address stays whole`() throws {
        func lines(_ name: String) throws -> String {
            let pieces = try Self.message(name).lines.flatMap { $0 }
            return pieces.map { piece in
                switch piece {
                case .text(let text): text
                case .link: ""
                }
            }
            .joined(separator: "\n")
        }
        for name in ["evil.example", "(evil.example)", "evil.example/@x", "a@b@evil.example"] {
            #expect(try !lines(name).contains("evil.example"), "\(name)")
        }
        for name in ["john.doe@c.example", "v1.2", "ends."] {
            #expect(try lines(name).contains(name), "\(name)")
        }
    }

    @Test func `a message tells whose account the token belongs to`() throws {
        let card = TokenCard(
            id: try #require(TokenID("deploy")),
            name: nil,
            provider: "vps.org",
            account: "john@example.com",
            holder: AccountHolder(name: "John Doe", company: "Acme Inc."),
            owner: nil,
            renewURL: nil,
            note: nil
        )
        let lines = Message(try makeNotice(subject: .token(card))).lines.map(Message.plain)
        #expect(lines.contains("Account: Acme Inc. (John Doe) <john@example.com>"), "\(lines)")
    }

    @Test func `a provider's text in a summary is no link, and the token's id stays whole`() throws
    {
        func delivery(_ type: String, _ summary: String) -> Delivery {
            Delivery(
                id: 1,
                eventID: EventID(high: 1, low: 1),
                channel: "c",
                subject: "token:\(summary.prefix { $0 != " " && $0 != ":" })",
                type: type,
                phase: .changed,
                severity: .info,
                summary: summary,
                body: "{}",
                createdAt: Instant(seconds: 0),
                attempts: 0,
                nextAttemptAt: Instant(seconds: 0),
                lastError: nil,
                givenUpAt: nil
            )
        }
        let renamed = delivery("renamed", "ci.corp was renamed from \"x\" to \"evil.example/a\"")
        let shown = try #require(Message(renamed).fields[.summary])
        #expect(shown.hasPrefix("ci.corp was") && !shown.contains("evil.example"), "\(shown)")
        let lost = delivery("no_secret", "ci.corp: secrets/ci.key: no such file")
        #expect(Message(lost).fields[.summary] == lost.summary)
        let digest = Message(Digest([renamed, lost])).lines.map(Message.plain)
        #expect(digest.contains { $0.contains("ci.key: no such") }, "\(digest)")
        #expect(!digest.contains { $0.contains("evil.example") }, "\(digest)")
    }

    /// Reading the escaped text as the receiver does gives what was said.
    @Test func `an escape keeps the text`() throws {
        for name in hostileNames where name.count < 200 {
            let message = try Self.message(name)
            let plain = try Self.text(
                Field(format: "ntfy", place: "", limit: ""),
                try #require(try request("ntfy", message))
            ).replacing("\u{200b}", with: "")
            let discord = try Self.text(
                Field(format: "discord", place: "/content", limit: ""),
                try #require(try request("discord", message))
            )
            #expect(Self.unescaped(discord).replacing("\u{200b}", with: "") == plain)
            let slack = try Self.text(
                Field(format: "slack", place: "/text", limit: ""),
                try #require(try request("slack", message))
            )
            let read = slack.replacing("<https:", with: "https:").replacing("_x_>", with: "_x_")
                .replacing("&lt;", with: "<").replacing("&gt;", with: ">")
                .replacing("&amp;", with: "&").replacing("\u{200b}", with: "")
                .replacing("\u{200a}", with: "")
            #expect(read == plain)
        }
    }

    /// Discord's Markdown without its backslashes, and the address without its brackets.
    private static func unescaped(_ text: String) -> String {
        var result = ""
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if scalar == "\\", !isEscaped {
                isEscaped = true
                continue
            }
            if !isEscaped, scalar == "<" || scalar == ">" { continue }
            result.unicodeScalars.append(scalar)
            isEscaped = false
        }
        return result
    }

    @Test func `HTML has only the format's own tags`() throws {
        for (format, place) in [("telegram", "/text"), ("matrix", "/formatted_body")] {
            for name in hostileNames {
                let request = try #require(try request(format, Self.message(name)))
                let text = try Self.text(Field(format: format, place: place, limit: ""), request)
                let rest = text.replacing(/<\/?(b|strong|a)>|<br>|<a href="[^"<>]*">/, with: "")
                #expect(!rest.contains("<") && !rest.contains(">"), "\(rest)")
            }
        }
    }

    @Test func `no header and no path is broken by a name`() throws {
        for builtin in BuiltinFormats.all {
            for name in hostileNames {
                let request = try #require(try request(builtin.name, Self.message(name)))
                for header in request.headers {
                    #expect(header.value.utf8.allSatisfy { (0x20...0x7e).contains($0) })
                }
                #expect(request.path.utf8.allSatisfy { (0x21...0x7e).contains($0) })
            }
        }
    }

    /// A family of four is one character to a person; half of it is another sign.
    @Test func `a cut never parts what is seen as one character`() throws {
        let family = "👩‍👩‍👧‍👦"
        let limit = try #require(TextLimit("100 UTF-16 units"))
        let pieces = TextEscape().pieces(of: String(repeating: family, count: 50))
        let cut = limit.joined(pieces)
        #expect(cut.utf16.count <= 100)
        #expect(cut == String(repeating: family, count: 9) + "…")
    }
}
