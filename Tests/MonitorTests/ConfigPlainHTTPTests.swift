import Testing

@testable import Monitor

/// `http://` to another machine: rejected unless `allow_plain_http` is set.
struct ConfigPlainHTTPTests {
    private static let refusal =
        "the URL is http:// to another machine, where everyone on the way can read it; "
        + "use https://, or set allow_plain_http = true"

    @Test(arguments: ["channels.ops.type = \"webhook\"\nchannels.ops", "heartbeat"])
    func `an address of another machine needs https, or leave`(section: String) throws {
        let text = "\(someToken)\(section).url = \"http://hooks.example/s3cret\"\n"
        let errors = try configurationErrors(text)
        #expect(errors.count == 1)
        #expect(errors.first?.hasSuffix("url: \(Self.refusal)") == true, "\(errors)")
        #expect(
            try configurationErrors(text + "\(section.lastLine).allow_plain_http = true\n") == []
        )
        let refused = text + "\(section.lastLine).allow_plain_http = false\n"
        #expect(try configurationErrors(refused).count == 1)
    }

    @Test(arguments: ["channels.ops.type = \"webhook\"\nchannels.ops", "heartbeat"])
    func `the address in a file is held to the same`(section: String) throws {
        let folder = try ConfigFolder()
        try folder.write("url", "http://hooks.example/s3cret\n")
        let key = "\(section).url_file = \"\(folder.path)/url\"\n"
        try folder.write("secret", "s3cret\n")
        let token = "tokens.a.secret_file = \"\(folder.path)/secret\"\n"
        try folder.write("tokenwatchd.toml", token + key)
        let reader = SecretReader(environment: [:])
        let errors = try folder.load().secretErrors(reader).map(\.description)
        #expect(errors.count == 1)
        #expect(errors.first?.hasSuffix(Self.refusal) == true, "\(errors)")
        let allowed = token + key + "\(section.lastLine).allow_plain_http = true\n"
        try folder.write("tokenwatchd.toml", allowed)
        #expect(try folder.load().secretErrors(reader).isEmpty)
    }

    @Test(arguments: [
        "http://127.0.0.1/x", "http://localhost:80/x", "http://[::1]:9093", "HTTP://LOCALHOST",
        "https://hooks.example/x",
    ])
    func `this machine and https need none`(url: String) throws {
        _ = try WebhookTarget(url: Secret(validating: url.utf8))
    }

    @Test(arguments: [
        "http://localhost.example/x", "http://127.0.0.1.example", "http://[::2]:80/",
        "http://10.0.0.1", "HTTP://hooks.example",
    ])
    func `what only looks like this machine does`(url: String) throws {
        let secret = try Secret(validating: url.utf8)
        #expect(throws: ChannelSetupError.self) { try WebhookTarget(url: secret) }
        _ = try WebhookTarget(url: secret, allowsPlainHTTP: true)
    }
}

extension String {
    fileprivate var lastLine: String { split(separator: "\n").last.map(String.init) ?? self }
}
