/// A JSON Web Token in its compact form (RFC 7515 §7.1): three parts of base64url with dots.
enum JWT {
    /// Returns the bytes of the payload, a JSON document; nil if the secret is not such a token.
    ///
    /// The signature is not checked: the claims only show the expiry that the holder knows, and the
    /// provider decides.
    static func payload(of secret: String) -> [UInt8]? {
        let parts = secret.utf8.split(
            separator: UInt8(ascii: "."),
            omittingEmptySubsequences: false
        )
        guard parts.count == 3 else { return nil }
        return Base64.decodeURL(parts[1])
    }
}
