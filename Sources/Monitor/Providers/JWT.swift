/// A JSON Web Token in its compact form (RFC 7515 §7.1): three parts of base64url with dots.
enum JWT {
    /// The bytes of the payload, a JSON document; nil if the secret is no such token.
    ///
    /// The signature is not checked: the claims are read as the holder's own knowledge of when the
    /// token ends, and the provider decides.
    static func payload(of secret: String) -> [UInt8]? {
        let parts = secret.utf8.split(
            separator: UInt8(ascii: "."),
            omittingEmptySubsequences: false
        )
        guard parts.count == 3 else { return nil }
        return Base64.decodeURL(parts[1])
    }
}
