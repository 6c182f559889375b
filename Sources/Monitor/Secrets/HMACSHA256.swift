import CCrypto

/// Keyed digests by HMAC-SHA256 (RFC 2104, FIPS 180-4).
package enum HMACSHA256 {
    /// The 32 bytes of the digest.
    package static func digest(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
            var length: UInt32 = 0
            // An empty array's null pointer would mean "the key of last time" to HMAC.
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
            // Only a lack of memory, or a libcrypto without SHA-256, makes it fail.
            precondition(result != nil && length == 32, "libcrypto cannot compute HMAC-SHA256")
            count = 32
        }
    }
}
