import Alerting
import CCrypto

/// The digester of thousands of secrets with one key.
///
/// Here libcrypto searches for its algorithms and hashes the key only once.
final class SecretDigester {
    private let prepared: OpaquePointer

    init(key: [UInt8]) {
        // An empty array has a null pointer.
        let filled = key.isEmpty ? [0] : key
        guard let prepared = ccrypto_hmac_sha256(filled, key.count) else {
            preconditionFailure("libcrypto cannot compute HMAC-SHA256")
        }
        self.prepared = prepared
    }

    deinit {
        EVP_MAC_CTX_free(prepared)
    }

    /// Returns the same digest as `Secret.digest(key:)`.
    func digest(of secret: Secret) -> SecretDigest {
        secret.withBytes { bytes in
            let context = EVP_MAC_CTX_dup(prepared)
            defer { EVP_MAC_CTX_free(context) }
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digest in
                var count = 0
                let isDone =
                    EVP_MAC_update(context, bytes, bytes.count) == 1
                    && EVP_MAC_final(context, digest.baseAddress, &count, digest.count) == 1
                // This fails only if memory is short.
                precondition(isDone && count == 32, "libcrypto cannot compute HMAC-SHA256")
                return SecretDigest(firstBytesOf: digest)
            }
        }
    }
}
