import HTTP

/// The texts of HTTP statuses.
enum StatusText {
    /// Returns `401 Unauthorized`; the number alone if it has no name.
    static func of(_ status: Int) -> String {
        HTTPStatus.name(status).map { "\(status) \($0)" } ?? String(status)
    }
}
