import CCrypto

/// The digests by SHA-256 (FIPS 180-4).
enum SHA256 {
    /// Returns the 32 bytes of the digest.
    static func digest(of message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
            var length: UInt32 = 0
            let result = EVP_Digest(
                message,
                message.count,
                digest.baseAddress,
                &length,
                EVP_sha256(),
                nil
            )
            // This fails only if memory is short, or if libcrypto has no SHA-256.
            precondition(result == 1 && length == 32, "libcrypto cannot compute SHA-256")
            count = 32
        }
    }
}
