/// The style sheet of the page, and the policy that allows a browser this style sheet only.
enum PageStyle {
    /// The content between `<style>` and `</style>`.
    static let sheet = PackageResources.page_css

    /// The policy: no script, resource or frame; forms submit to this host; images are inline.
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
