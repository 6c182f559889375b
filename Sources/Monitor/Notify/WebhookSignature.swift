/// Signs messages by the Standard Webhooks specification, version `v1`.
///
/// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
package struct WebhookSigner: Sendable {
    /// The keys, the current one first; while rotating, the previous one too.
    private let keys: [SigningKey]

    /// Makes a signer with keys of the specification: `whsec_` and Base64 of 24 to 64 bytes.
    package init(key: Secret, previous: Secret? = nil) throws(ChannelSetupError) {
        var keys = [try SigningKey(key, called: "the signing key")]
        if let previous {
            keys.append(try SigningKey(previous, called: "the previous signing key"))
        }
        self.keys = keys
    }

    /// Returns the value of `webhook-signature`: a signature for each key, separated by spaces.
    package func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
        let message = Array("\(id).\(timestamp).".utf8) + body
        return keys.map { "v1," + Base64.encode($0.digest(of: message)) }.joined(separator: " ")
    }
}

extension WebhookSigner: CustomReflectable {
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The bytes of one key.
private struct SigningKey: Sendable, CustomReflectable {
    private let bytes: [UInt8]

    init(_ secret: Secret, called name: String) throws(ChannelSetupError) {
        let prefix = "whsec_"
        let decoded = secret.withBytes { bytes in
            bytes.starts(with: prefix.utf8)
                ? Base64.decode(bytes.dropFirst(prefix.utf8.count)) : nil
        }
        guard let decoded, (24...64).contains(decoded.count) else {
            throw ChannelSetupError(
                "\(name) must be whsec_ followed by the base 64 of 24 to 64 random bytes; make one"
                    + " with: echo whsec_$(head -c 32 /dev/urandom | base64)"
            )
        }
        bytes = decoded
    }

    func digest(of message: [UInt8]) -> [UInt8] {
        HMACSHA256.digest(of: message, key: bytes)
    }

    var customMirror: Mirror { Mirror(self, children: []) }
}
