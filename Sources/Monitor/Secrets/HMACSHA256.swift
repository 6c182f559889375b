import CCrypto

/// Keyed digests by HMAC-SHA256 (RFC 2104, FIPS 180-4).
package enum HMACSHA256 {
    /// Returns the 32 bytes of the digest.
    package static func digest(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
            var length: UInt32 = 0
            // For an empty array's null pointer, HMAC would use its previous key.
            let filled = key.isEmpty ? [0] : key
            let result = HMAC(
                EVP_sha256(),
                filled,
                Int32(key.count),
                message,
                message.count,
                digest.baseAddress,
                &length
            )
            // This fails only if memory is short, or if libcrypto has no SHA-256.
            precondition(result != nil && length == 32, "libcrypto cannot compute HMAC-SHA256")
            count = 32
        }
    }
}
