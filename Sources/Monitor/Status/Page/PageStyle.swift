/// The style sheet of the page, and what lets a browser take it and nothing else.
enum PageStyle {
    /// What stands between `<style>` and `</style>`.
    static let sheet = PackageResources.page_css

    /// No script, no other resource, no frame around it; its form leads here, and the one picture is the tab's.
    static let contentSecurityPolicy =
        "default-src 'none'; style-src 'sha256-\(Base64.encode(SHA256.digest(of: sheet)))'; "
        + "img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

    /// The headers of the page.
    static let headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", contentSecurityPolicy),
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"), ("Cache-Control", "no-store"),
    ]
}
