import HTTP

/// Statuses of HTTP in words.
enum StatusText {
    /// `401 Unauthorized`; the number alone where it has no name.
    static func of(_ status: Int) -> String {
        HTTPStatus.name(status).map { "\(status) \($0)" } ?? String(status)
    }
}
