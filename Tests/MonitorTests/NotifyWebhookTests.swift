import Alerting
import Foundation
import Testing

@testable import Monitor

private let planted = "T0PS3CRET"
private let hookURL = "https://hooks.example.com:8443/services/\(planted)?key=\(planted)2"
private let keyText = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
private let otherKeyText = "whsec_plJ3nmyCDGBKInavdOK15jslplJ3nmyCDGBKInavdOK15jsl"

private func secret(_ text: String) throws -> Secret {
    try Secret(validating: text.utf8)
}

private func channel(
    _ result: HTTPPostResult,
    signer: WebhookSigner? = nil,
    headers: [(name: String, value: String)] = []
) throws -> (WebhookChannel, RecordedTransport) {
    let transport = RecordedTransport(result)
    let channel = WebhookChannel(
        name: "ops",
        target: try WebhookTarget(url: secret(hookURL), headers: headers),
        signer: signer,
        format: .json,
        version: "1.2.3",
        transport: transport,
        clock: { notifyStart }
    )
    return (channel, transport)
}

/// HMAC-SHA256 in base 64 by Python's standard library.
private func pythonSignature(key: String, message: [UInt8]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let script =
        "import sys,hmac,hashlib,base64;"
        + "print(base64.b64encode(hmac.new(base64.b64decode(sys.argv[1]),"
        + "sys.stdin.buffer.read(),hashlib.sha256).digest()).decode())"
    process.arguments = ["python3", "-c", script, key]
    let input = Pipe()
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    input.fileHandleForWriting.write(Data(message))
    input.fileHandleForWriting.closeFile()
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: printed, as: UTF8.self).trimmingCharacters(in: .newlines)
}

@Suite
struct NotifyWebhookTests {
    @Test func `an event is posted as its JSON, with its id and who sends it`() async throws {
        let (channel, transport) = try channel(
            .answer(status: 204, retryAfter: nil),
            headers: [(name: "X-Team", value: "ops")]
        )
        let delivery = makeDelivery(1, body: "{\"version\":1}")
        #expect(await channel.deliver(delivery) == .delivered)
        let post = try #require(transport.posts.first)
        #expect(post.url == hookURL)
        #expect(post.body == Array("{\"version\":1}".utf8))
        #expect(post["content-type"] == "application/json")
        #expect(post["user-agent"] == "tokenwatchd/1.2.3")
        #expect(post["webhook-id"] == delivery.eventID.description)
        #expect(post["X-Team"] == "ops")
        #expect(post["webhook-signature"] == nil && post["webhook-timestamp"] == nil)
        #expect(post.timeout == .seconds(30))
    }

    @Test func `the test vector of Standard Webhooks is reproduced`() throws {
        let signer = try WebhookSigner(key: secret(keyText))
        let signature = signer.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp: 1_614_265_330,
            body: Array("{\"test\": 2432232314}".utf8)
        )
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func `Python's hmac finds both signatures right while keys rotate`() async throws {
        let signer = try WebhookSigner(key: secret(keyText), previous: secret(otherKeyText))
        let (channel, transport) = try channel(
            .answer(status: 200, retryAfter: nil),
            signer: signer
        )
        _ = await channel.deliver(makeDelivery(1, body: "{\"a\":\"ü\"}"))
        let post = try #require(transport.posts.first)
        let id = try #require(post["webhook-id"])
        let timestamp = try #require(post["webhook-timestamp"])
        #expect(timestamp == "1800000000")
        let message = Array("\(id).\(timestamp).".utf8) + post.body
        let expected = try [keyText, otherKeyText].map { key in
            "v1," + (try pythonSignature(key: String(key.dropFirst(6)), message: message))
        }
        #expect(post["webhook-signature"] == expected.joined(separator: " "))
    }

    @Test(arguments: [
        "", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_????",
        "whsec_" + Base64.encode([UInt8](repeating: 7, count: 23)),
        "whsec_" + Base64.encode([UInt8](repeating: 7, count: 65)),
    ])
    func `a signing key that is none is refused without being shown`(text: String) throws {
        guard let secret = try? secret(text) else { return #expect(text.isEmpty) }
        let error = #expect(throws: ChannelSetupError.self) { try WebhookSigner(key: secret) }
        #expect(text == "whsec_" || error?.description.contains(text) == false)
    }

    @Test(arguments: [24, 64])
    func `a signing key of 24 to 64 bytes is taken`(count: Int) throws {
        let key = "whsec_" + Base64.encode([UInt8](repeating: 7, count: count))
        _ = try WebhookSigner(key: secret(key))
    }

    /// What a receiver says of a webhook, and what must be left of it.
    @Test(
        arguments: [
            ("/hooks/xgfh7k3Q9r8GKYqr", "Incoming webhook xgfh7k3Q9r8GKYqr is disabled"),
            (
                "/v1/spaces/AAAA/messages?key=AIzaSecret&token=Kq-secret%3D",
                "token Kq-secret= is not valid for AIzaSecret"
            ),
            ("/services/T00000001/B00000002/abc", "no T00000001/B00000002 in services"),
        ]
    )
    func `a receiver that quotes its URL's key reveals nothing`(path: String, words: String) throws
    {
        let target = try WebhookTarget(
            url: secret("https://p" + path),
            headers: [(name: "Authorization", value: "Bearer tk_12345678")]
        )
        let shown = target.sanitized(words + "; tk_12345678")
        for key in ["xgfh7k3Q9r8GKYqr", "AIzaSecret", "Kq-secret", "T00000001", "tk_1"] {
            #expect(!shown.contains(key), "\(shown)")
        }
        #expect(shown.contains("(secret)"))
        #expect(target.sanitized("services hooks messages") == "services hooks messages")
    }

    @Test func `a host of one letter is found after the scheme`() throws {
        let target = try WebhookTarget(url: secret("http://h"), allowsPlainHTTP: true)
        #expect(target.address(orPath: "/api/v2/alerts") == "http://h/api/v2/alerts")
    }

    @Test func `a test is sent, even if changes are not`() async throws {
        let transport = RecordedTransport(.answer(status: 200, retryAfter: nil))
        let channel = WebhookChannel(
            name: "ops",
            target: try WebhookTarget(url: secret(hookURL)),
            format: .data(try ownFormat("json = { text = \"{text}\" }\nchanged = false")),
            version: "1",
            transport: transport,
            clock: { notifyStart }
        )
        let test = TestEvent.delivery(
            EventID(high: 1, low: 1),
            to: "ops",
            instance: "vps-1",
            at: notifyStart
        )
        #expect(await channel.deliver(test) == .delivered)
        #expect(transport.posts.count == 1)
        let changed = Delivery(
            id: 1,
            eventID: EventID(high: 1, low: 2),
            channel: "ops",
            subject: "token:a",
            type: "renamed",
            phase: .changed,
            severity: .info,
            summary: "a was renamed",
            body: "{}",
            createdAt: notifyStart,
            attempts: 0,
            nextAttemptAt: notifyStart,
            lastError: nil,
            givenUpAt: nil
        )
        #expect(await channel.deliver(changed) == .notWanted)
        #expect(transport.posts.count == 1)
    }

    @Test(arguments: [200, 201, 204, 299])
    func `any 2xx is delivered`(status: Int) async throws {
        let result = try await channel(.answer(status: status, retryAfter: "9")).0
            .deliver(makeDelivery(1))
        #expect(result == .delivered)
    }

    @Test(arguments: [408, 425, 429, 500, 502, 503, 599])
    func `an answer that may change is tried again when it asks`(status: Int) async throws {
        let result = try await channel(.answer(status: status, retryAfter: "120")).0
            .deliver(makeDelivery(1))
        #expect(
            result
                == .retry(error: "hooks.example.com:8443 answered \(status)", after: .seconds(120))
        )
    }

    @Test(arguments: [100, 199, 300, 301, 304, 308, 400, 401, 403, 404, 410, 422, 499, 600])
    func `any other answer is given up with its status`(status: Int) async throws {
        let result = try await channel(.answer(status: status, retryAfter: nil)).0
            .deliver(makeDelivery(1))
        guard case .giveUp(let error) = result else {
            Issue.record("\(status): \(result)")
            return
        }
        #expect(error.hasPrefix("hooks.example.com:8443 answered \(status)"))
    }

    @Test(
        arguments: [
            ("0", 0), ("120", 120), (" 7 ", 7), ("99999999999999999999", 86_400),
            ("Fri, 15 Jan 2027 08:01:00 GMT", 60), ("Friday, 15-Jan-27 08:01:00 GMT", 60),
            ("Fri Jan 15 08:01:00 2027", 60), ("Fri, 15 Jan 2027 07:00:00 GMT", 0),
            ("86400.5", 86_400), ("0.0", 0), ("7.000", 7),
            ("", nil), ("-1", nil), ("1.", nil), (".5", nil), ("1.5.1", nil), ("1,5", nil),
            ("soon", nil), ("Fri, 32 Jan 2027 08:01:00 GMT", nil),
            ("Fri, 15 Foo 2027 08:01:00 GMT", nil), ("Fri, 15 Jan 2027 08:01:00 CET", nil),
        ] as [(String, Int64?)]
    )
    func `Retry-After is seconds or any form of an HTTP date`(text: String, seconds: Int64?) {
        // 1800000000 is 2027-01-15T08:00:00Z.
        let expected: Duration? = seconds.map { Duration.seconds($0) }
        #expect(RetryAfter.wait(text, now: notifyStart) == expected)
    }

    @Test(
        arguments: [
            ("0.5", 500), ("1.25", 1250), ("0.0001", 1), ("3.1415926", 3142), ("0.9999", 1000),
            ("86399.9999", 86_400_000),
        ] as [(String, Int64)]
    )
    func `Retry-After may be a part of a second, rounded up`(text: String, milliseconds: Int64) {
        #expect(RetryAfter.wait(text, now: notifyStart) == .milliseconds(milliseconds))
    }

    @Test(
        arguments: [
            ("discord", nil, "{\"retry_after\": 0.35, \"global\": false}", 350),
            ("discord", nil, "{\"retry_after\": 2}", 2000),
            ("discord", "1.5", "{\"retry_after\": 9}", 1500),
            ("discord", nil, "{\"retry_after\": 1e300}", 86_400_000),
            ("discord", nil, "{\"retry_after\": -1}", nil), ("discord", nil, "no JSON", nil),
            ("json", nil, "{\"retry_after\": 2}", nil),
        ] as [(String, String?, String, Int64?)]
    )
    func `Discord says in the body how long to wait`(
        format: String,
        header: String?,
        body: String,
        milliseconds: Int64?
    ) async throws {
        let channel = WebhookChannel(
            name: "ops",
            target: try WebhookTarget(url: secret(hookURL)),
            format: .data(try #require(BuiltinFormats.named(format)?.format)),
            version: "1",
            transport: RecordedTransport(
                .answer(status: 429, retryAfter: header, body: Array(body.utf8))
            ),
            clock: { notifyStart }
        )
        #expect(
            await channel.deliver(makeDelivery(1))
                == .retry(
                    error: "hooks.example.com:8443 answered 429",
                    after: milliseconds.map { .milliseconds($0) }
                )
        )
    }

    @Test(arguments: [
        ("connection refused by hooks.example.com:8443", ""),
        ("no answer within 30 s", "hooks.example.com:8443: "),
    ])
    func `an error names the receiver once`(words: String, prefix: String) async throws {
        let (channel, _) = try channel(.failure(message: words))
        #expect(
            await channel.deliver(makeDelivery(1)) == .retry(error: prefix + words, after: nil)
        )
    }

    @Test func `nothing of a webhook shows its URL, headers or keys`() async throws {
        let echo = "could not POST to \(hookURL) (/services/\(planted)) \u{1b}[0m"
        let signer = try WebhookSigner(key: secret(keyText))
        let (channel, _) = try channel(
            .failure(message: echo),
            signer: signer,
            headers: [(name: "Authorization", value: "Bearer \(planted)")]
        )
        let result = await channel.deliver(makeDelivery(1))
        guard case .retry(let error, nil) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(error.hasPrefix("hooks.example.com:8443: could not POST to (secret)"))
        #expect(!error.contains("\u{1b}"))
        var shown = "\(result) \(channel) \(signer) \(String(reflecting: channel))"
        shown += " \(String(reflecting: signer)) \([channel]) \(Optional(channel) as Any)"
        dump(channel, to: &shown)
        dump(signer, to: &shown)
        dump(ChannelSetup(channel: channel, revision: 1), to: &shown)
        for part in [planted, "MfKQ9r8G", "services"] { #expect(!shown.contains(part)) }
    }

    @Test(arguments: [
        "ftp://\(planted).example.com/", "hooks.example.com/\(planted)", "https://", "https:///x",
        "https://:443/\(planted)", "https://user:\(planted)@example.com/",
        "https://example.com/a b\(planted)", "https://example.com:99999/\(planted)",
        "https://example.com:0/\(planted)", "https://[::1]:65536/\(planted)",
        "https://example.com:/\(planted)", "https://example.com:44x/\(planted)",
    ])
    func `a URL that cannot be is refused without being shown`(url: String) throws {
        let error = #expect(throws: ChannelSetupError.self) {
            try WebhookTarget(url: secret(url))
        }
        #expect(error?.description.contains(planted) == false)
    }

    @Test(arguments: [
        ("X-Team", "a\r\nX-Evil: \(planted)"), ("X-Team", "a\u{0}"), ("X Team", "a"), ("", "a"),
        ("X-Team:", "a"), ("Content-Type", "a"), ("webhook-id", "a"), ("Host", "a"),
        ("X\nTeam", "a"),
    ])
    func `a header that would break the request is refused`(name: String, value: String) throws {
        let error = #expect(throws: ChannelSetupError.self) {
            try WebhookTarget(url: secret(hookURL), headers: [(name: name, value: value)])
        }
        #expect(error?.description.contains(planted) == false)
        #expect(error?.description.contains("\n") == false)
    }
}
