import Alerting
import CCrypto

/// Makes the digests of thousands of secrets with one key.
///
/// libcrypto searches for its algorithms and hashes the key once, here.
final class SecretDigester {
    private let prepared: OpaquePointer

    init(key: [UInt8]) {
        // An empty array has no pointer.
        let filled = key.isEmpty ? [0] : key
        guard let prepared = ccrypto_hmac_sha256(filled, key.count) else {
            preconditionFailure("libcrypto cannot compute HMAC-SHA256")
        }
        self.prepared = prepared
    }

    deinit {
        EVP_MAC_CTX_free(prepared)
    }

    /// The same as `Secret.digest(key:)`.
    func digest(of secret: Secret) -> SecretDigest {
        secret.withBytes { bytes in
            let context = EVP_MAC_CTX_dup(prepared)
            defer { EVP_MAC_CTX_free(context) }
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digest in
                var count = 0
                let isDone =
                    EVP_MAC_update(context, bytes, bytes.count) == 1
                    && EVP_MAC_final(context, digest.baseAddress, &count, digest.count) == 1
                // Only a lack of memory makes it fail.
                precondition(isDone && count == 32, "libcrypto cannot compute HMAC-SHA256")
                return SecretDigest(firstBytesOf: digest)
            }
        }
    }
}
