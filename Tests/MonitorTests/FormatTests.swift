import Alerting
import Foundation
import Testing

@testable import Formats
@testable import HTTP
@testable import Monitor

/// A format of a configuration's `[formats.own]`.
func ownFormat(_ toml: String) throws -> MessageFormat {
    let configuration = try configuration("[formats.own]\n" + toml)
    return try #require(configuration.formats.first)
}

private func rendered(
    _ format: MessageFormat,
    _ delivery: Delivery,
    _ values: FormatValues = FormatValues(),
    page: String? = nil
) -> WebhookMessage? {
    MessageSpelling(format: format, message: Message(delivery), values: values, page: page).request
}

private func body(_ request: WebhookMessage?) throws -> String {
    String(decoding: try #require(request).body, as: UTF8.self)
}

struct FormatTests {
    @Test func `the built-in formats are what the manual lists`() {
        #expect(
            BuiltinFormats.all.map(\.name).sorted() == [
                "discord", "googlechat", "gotify", "json", "matrix", "mattermost", "ntfy",
                "opsgenie", "pagerduty", "pushover", "rocketchat", "slack", "splunk-oncall",
                "teams", "telegram", "zulip",
            ]
        )
        for format in BuiltinFormats.all.map(\.format) {
            #expect(!format.about.isEmpty, "\(format.name)")
            #expect(format.docs?.hasPrefix("https://") == true, "\(format.name)")
            #expect(format.url.fallback != nil || format.url.example != nil, "\(format.name)")
            #expect(format.inputs.allSatisfy { !$0.about.isEmpty }, "\(format.name)")
        }
    }

    @Test func `programs get events one by one, and people may get digests`() {
        let machines = BuiltinFormats.all.filter { !$0.format.takesDigests }.map(\.name)
        #expect(machines.sorted() == ["json", "opsgenie", "pagerduty", "splunk-oncall"])
    }

    @Test func `what is printed of a built-in format can be copied`() throws {
        for builtin in BuiltinFormats.all {
            let copy = builtin.toml.replacing("[formats.\(builtin.name).", with: "[formats.own.")
            let format = try ownFormat(copy)
            #expect(format.request == builtin.format.request, "\(builtin.name)")
            #expect(format.inputs == builtin.format.inputs, "\(builtin.name)")
        }
    }

    @Test func `json is the event itself, byte for byte`() throws {
        let delivery = try makeNotice(summary: "ü \u{202e} \"x\"")
        let request = try #require(rendered(BuiltinFormats.json, delivery))
        #expect(request.body == Array(delivery.body.utf8))
        #expect(request.method == "POST" && request.path.isEmpty)
        #expect(request.headers.map(\.name) == ["content-type"])
        #expect(request.headers.map(\.value) == ["application/json"])
    }

    @Test func `what is empty is left out`() throws {
        let format = try ownFormat(
            """
            headers = { X-Note = "{note}", X-Type = "{type}" }
            [formats.own.json]
            note = "{note}"
            empty = ""
            list = []
            both = { a = "{note}", b = { c = "{note}" } }
            tags = ["{note}", "{type}"]
            links = [{ href = "{note}", text = "Note" }, { href = "{type}", text = "Type" }]
            """
        )
        let request = rendered(format, try makeNotice())
        #expect(
            try body(request)
                == #"{"empty":"","list":[],"tags":["expiring"],"links":[{"href":"expiring","text":"Type"}]}"#
        )
        #expect(request?.headers.map(\.name) == ["content-type", "x-type"])
    }

    @Test func `numbers, booleans, details and the event keep their types`() throws {
        let format = try ownFormat(
            """
            by_severity = { level = { critical = 9, warning = 4, info = 1, resolved = 0 } }
            [formats.own.json]
            level = "{level}"
            text  = "level {level}"
            flag  = true
            ratio = 0.5
            details = "{details}"
            event = "{event}"
            words = "{details}!"
            """
        )
        let delivery = try makeNotice()
        let json = try JSONValue(parsing: Array(try body(rendered(format, delivery)).utf8))
        #expect(json["level"] == .integer(4))
        #expect(json["text"]?.string == "level 4")
        #expect(json["flag"] == .bool(true))
        #expect(json["ratio"] == .number(0.5))
        #expect(json["details"]?["seconds_left"] == .integer(5))
        #expect(json["event"] == (try JSONValue(parsing: Array(delivery.body.utf8))))
        #expect(json["words"]?.string == "stage: 7d; missing: a, b; seconds_left: 5!")
    }

    @Test func `a phase may have another request, or none`() throws {
        let format = try ownFormat(
            """
            path = "/open"
            body = "{title}"
            changed = false
            [formats.own.resolved]
            method = "PUT"
            path = "/close/{alert_id}"
            """
        )
        let resolved = try #require(rendered(format, makeNotice(phase: .resolved)))
        #expect(resolved.method == "PUT")
        #expect(resolved.path == "/close/\(EventID(high: 1, low: 1))")
        #expect(try body(resolved).hasPrefix("resolved: deploy"))
        #expect(rendered(format, try makeNotice(phase: .escalated))?.path == "/open")
        #expect(rendered(format, try makeNotice(phase: .changed, change: .rotated)) == nil)
    }

    @Test func `a value in a path or a form cannot leave its place`() throws {
        let format = try ownFormat(
            """
            params = { room = "the room" }
            path = "/rooms/{room}/send?to={room}"
            basic_auth = "{room}:x"
            form = { a = "{room}", b = "{title}" }
            """
        )
        var values = FormatValues()
        values.params["room"] = "a/../b?c=d&e#f ü+%"
        let request = try #require(rendered(format, makeNotice(), values))
        let encoded = "a%2F..%2Fb%3Fc%3Dd%26e%23f%20%C3%BC%2B%25"
        #expect(request.path == "/rooms/\(encoded)/send?to=\(encoded)")
        let pairs = HTTPPercentCoding.pairs(of: request.body[...])
        #expect(pairs?.first?.value == "a/../b?c=d&e#f ü+%")
        let basic = try #require(request.headers.first { $0.name == "authorization" }?.value)
        let decoded = try #require(Base64.decode(basic.dropFirst("Basic ".count).utf8))
        #expect(String(decoding: decoded, as: UTF8.self) == "a/../b?c=d&e#f ü+%:x")
    }

    @Test func `an incident is an alert, and an expiry that has come the one before it`() throws {
        func incident(_ condition: Condition, _ phase: Event.Phase = .raised) throws -> String? {
            Message(try makeNotice(condition, phase: phase)).fields[.incident]
        }
        let expiry = try #require(try incident(.expiring))
        #expect(try incident(.expired) == expiry)
        #expect(try incident(.expired, .resolved) == expiry)
        #expect(try incident(.rejected) == EventID(high: 1, low: 1).description)
        let change = Message(try makeNotice(phase: .changed, since: nil, change: .rotated))
        #expect(change.fields[.incident] == change.id)
    }

    @Test func `pagerduty and opsgenie open and close one alert`() throws {
        let alert = EventID(high: 1, low: 1).description
        let page = "http://vps-1:9873/"
        let raised = Message(try makeNotice(.rejected))
        let opened = try #require(try request("pagerduty", raised, page: page))
        var json = try JSONValue(parsing: opened.body)
        #expect(opened.path == "/v2/enqueue")
        #expect(json["routing_key"]?.string == "THE-routing_key")
        #expect(json["event_action"]?.string == "trigger")
        #expect(json["dedup_key"]?.string == alert)
        #expect(json["client_url"]?.string == page)
        #expect(json["payload"]?["severity"]?.string == "warning")
        #expect(json["payload"]?["custom_details"]?["token"]?["id"]?.string == "deploy")
        #expect(json["links"]?[0]?["href"]?.string == "https://admin.vps.org/account/developers/")
        let resolved = Message(try makeNotice(.rejected, phase: .resolved))
        json = try JSONValue(parsing: try #require(try request("pagerduty", resolved)).body)
        #expect(json["event_action"]?.string == "resolve")
        #expect(json["dedup_key"]?.string == alert)
        #expect(json["payload"] == nil)

        let critical = Message(try makeNotice(.rejected, severity: .critical))
        let created = try #require(try request("opsgenie", critical))
        json = try JSONValue(parsing: created.body)
        #expect(json["alias"]?.string == alert && json["priority"]?.string == "P1")
        let tags = json["tags"]?.elements?.compactMap(\.string)
        #expect(tags == ["tokenwatchd", "rejected", "platform team"])
        let closed = try #require(try request("opsgenie", resolved))
        #expect(closed.path == "/v2/alerts/\(alert)/close?identifierType=alias")
        let authorization = closed.headers.first { $0.name == "authorization" }?.value
        #expect(authorization == "GenieKey THE-api_key")
    }

    @Test func `matrix names the event as the transaction, and mentions nobody`() throws {
        let message = Message(try makeNotice())
        let request = try #require(try request("matrix", message))
        #expect(request.method == "PUT")
        let room = "/_matrix/client/v3/rooms/THE-room"
        #expect(request.path == "\(room)/send/m.room.message/\(message.id)")
        let json = try JSONValue(parsing: request.body)
        #expect(json["m.mentions"] == .object([]))
    }

    @Test(arguments: [("pushover", "1024 characters"), ("discord", "2000 UTF-16 units")])
    func `a digest that is too long loses whole lines, and counts them`(
        format: String,
        limit: String
    ) throws {
        let lines = (1...20).map { "critical: \(String(repeating: "x", count: 90))-\($0) expires" }
        let digest = Message(
            digest: "D1",
            title: "40 notifications: 40 critical",
            lines: lines + ["and 20 more"],
            count: 40,
            severity: .critical,
            isResolved: false,
            at: notifyStart,
            instance: "vps-1"
        )
        let body = try #require(try request(format, digest)).body
        let text =
            format == "pushover"
            ? HTTPPercentCoding.pairs(of: body[...])?.first { $0.name == "message" }?.value
            : try JSONValue(parsing: body)["content"]?.string
        let shown = try #require(text).split(separator: "\n")
        #expect(try #require(TextLimit(limit)).length(of: text ?? "") <= 2000)
        let kept = shown.count { $0.hasPrefix("critical: ") }
        #expect((5..<20).contains(kept))
        #expect(shown.contains("and \(40 - kept) more"), "\(shown)")
        #expect(shown.last?.contains("vps") == true, "\(shown)")
    }

    @Test func `a name of dots does not choose the path`() {
        #expect(PercentEncoding.encodedSegment("..") == "%2E%2E")
        #expect(PercentEncoding.encodedSegment("a.b/c") == "a.b%2Fc")
    }

    @Test func `a digest is one message with a line an event`() throws {
        let digest = Message(
            digest: "D1",
            title: "3 notifications: 1 critical, 2 warning",
            lines: ["critical: a <b> expired", "warning: @here expires", "warning: www.x.example"],
            count: 3,
            severity: .critical,
            isResolved: false,
            at: notifyStart,
            instance: "vps-1"
        )
        for builtin in BuiltinFormats.all where builtin.format.takesDigests {
            let request = try #require(try request(builtin.name, digest))
            let body = String(decoding: request.body, as: UTF8.self)
            #expect(body.contains("3"), "\(body)")
            #expect(!body.contains("<b> expired") || builtin.name != "telegram")
        }
        let slack = try JSONValue(parsing: try #require(try request("slack", digest)).body)
        #expect(
            slack["text"]?.string == """
                3 notifications: 1 critical, 2 warning
                critical: a &lt;b&gt; expired
                warning: @\u{200b}here expires
                warning: www\u{200b}.x.example
                From: tokenwatchd on vps-1
                """
        )
        let ntfy = try #require(try request("ntfy", digest))
        #expect(
            ntfy.headers.contains { $0.name == "title" && $0.value == "vps-1: digest (critical)" }
        )
    }
}

/// What a receiver answers.
struct FormatAnswerTests {
    private func result(_ format: String, _ status: Int, _ body: String) async throws
        -> DeliveryResult
    {
        let data = try #require(BuiltinFormats.named(format)?.format)
        return try await result(data, status, body)
    }

    private func result(
        _ format: MessageFormat,
        _ status: Int,
        _ body: String
    ) async throws -> DeliveryResult {
        let channel = WebhookChannel(
            name: "ops",
            target: try WebhookTarget(url: Secret(validating: "https://r.example".utf8)),
            format: .data(format),
            values: try exampleValues(of: format),
            version: "1",
            transport: RecordedTransport(
                .answer(status: status, retryAfter: nil, body: Array(body.utf8))
            ),
            clock: { notifyStart }
        )
        return await channel.deliver(try makeNotice())
    }

    @Test func `the receiver's own words are in the error, its secrets are not`() async throws {
        #expect(
            try await result("telegram", 400, #"{"ok":false,"description":"chat not found"}"#)
                == .giveUp(
                    error: "r.example answered 400: chat not found, and a retry would not help"
                )
        )
        guard
            case .giveUp(let basic) = try await result(
                "zulip",
                400,
                #"{"msg":"Basic dGhlLWJvdEBleGFtcGxlLm9yZzp4 of THE-api_key is invalid"}"#
            )
        else {
            Issue.record("given up")
            return
        }
        #expect(!basic.contains("THE-api_key"), "\(basic)")
        let echo = #"{"errors":["token THE-app_token is invalid"]}"#
        guard case .giveUp(let error) = try await result("pushover", 400, echo) else {
            Issue.record("given up")
            return
        }
        #expect(error.contains("token (secret) is invalid"), "\(error)")
    }

    @Test(
        arguments: [
            ("telegram", #"{"parameters":{"retry_after":35}}"#, 35_000),
            ("matrix", #"{"retry_after_ms":2500}"#, 2500),
            ("zulip", #"{"retry-after":28.7064}"#, 28_707),
            ("discord", #"{"retry_after":0.3}"#, 300), ("discord", #"{"retry_after":"7"}"#, 7000),
        ] as [(String, String, Int64)]
    )
    func `a receiver may say in its body how long to wait`(
        format: String,
        body: String,
        milliseconds: Int64
    ) async throws {
        guard case .retry(_, let after) = try await result(format, 429, body) else {
            Issue.record("no retry")
            return
        }
        #expect(after == .milliseconds(milliseconds))
    }

    @Test func `what an answer means is the format's to say`() async throws {
        let format = try ownFormat(
            """
            body = "{text}"
            delivered_status = [200, 202]
            delivered_if = { "/ok" = [true] }
            retry_status = [418, "5xx"]
            retry_text = ["try later"]
            """
        )
        #expect(try await result(format, 202, #"{"ok":true}"#) == .delivered)
        for (status, body) in [(200, #"{"ok":false}"#), (200, "no JSON"), (204, #"{"ok":true}"#)] {
            guard case .giveUp = try await result(format, status, body) else {
                Issue.record("\(status) \(body)")
                continue
            }
        }
        for (status, body) in [(418, ""), (503, ""), (200, "please try later")] {
            guard case .retry = try await result(format, status, body) else {
                Issue.record("\(status) \(body)")
                continue
            }
        }
    }

    @Test func `a digest is one message, or one for each event where programs read it`()
        async throws
    {
        let deliveries = (1...25).map { number in
            makeDelivery(
                Int64(number),
                type: "expiring",
                phase: number == 25 ? .resolved : .raised,
                severity: number == 7 ? .critical : .warning,
                summary: "t\(number) expires",
                body: #"{"instance":"vps-1"}"#
            )
        }
        func posts(_ format: WebhookFormat, _ digest: Digest) async throws -> [String] {
            let transport = RecordedTransport(.answer(status: 200, retryAfter: nil))
            let channel = WebhookChannel(
                name: "ops",
                target: try WebhookTarget(url: Secret(validating: "https://r.example".utf8)),
                format: format,
                version: "1",
                transport: transport,
                clock: { notifyStart }
            )
            #expect(await channel.deliver(digest) == .delivered)
            return transport.posts.map { String(decoding: $0.body, as: UTF8.self) }
        }
        let ntfy = WebhookFormat.data(try #require(BuiltinFormats.named("ntfy")?.format))
        let one = try await posts(ntfy, Digest(deliveries))
        let lines = try #require(one.first).split(separator: "\n").map(String.init)
        #expect(one.count == 1)
        #expect(lines[0] == "25 notifications: 1 critical, 23 warning, 1 resolved")
        #expect(lines[1] == "critical: t7 expires" && lines[2] == "warning: t1 expires")
        #expect(lines.count == 23)
        #expect(lines[21] == "and 5 more" && lines[22] == "From: tokenwatchd on vps-1")
        #expect(try await posts(.json, Digest(deliveries)).count == 25)
        let single = try await posts(ntfy, Digest([deliveries[6]]))
        #expect(single == ["critical: t7 expires\nToken: t7\nFrom: tokenwatchd on vps-1"])
    }
}
