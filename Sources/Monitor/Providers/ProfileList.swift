package import Formats

/// The tokens that a provider's answer lists, page by page.
package struct ProfileList: Hashable, Sendable {
    /// The place of the next page; every page is on the provider's own host.
    package enum Next: Hashable, Sendable {
        /// The target with `rel="next"` of the header `Link` (RFC 8288).
        case link
        /// A URL in the answer; an absent, null or empty URL ends the list.
        case url(Source)
        /// A text or number in the answer for this query parameter; a repeated value ends the list.
        case cursor(Source, parameter: String)
        /// A query parameter that counts up from `first`; a page without rows ends the list.
        case page(parameter: String, first: Int64)
    }

    /// The place of the array of rows in the body; the empty pointer is the body itself.
    package var rows: JSONPointer
    /// The row's id: a text or an integer.
    package var id: JSONPointer
    /// The place of the next page; nil if the first answer is the whole list.
    package var next: Next?
    /// The matches of rows to skip.
    package var skipIf: [Match] = []
    /// The matches of rows of expired tokens.
    package var expiredIf: [Match] = []
    /// The sources of facts in the row.
    package var facts = FactSources()
    package var maximumRows = Self.usualRows
    package var maximumPages = Self.usualPages

    package static let usualRows = 50_000
    package static let mostRows = 100_000
    package static let usualPages = 1_000
    package static let mostPages = 10_000
    /// The largest page: some providers list all tokens at once, 50,000 of them in some 20 MiB.
    package static let maximumPageBytes = 32 << 20

    /// The facts that the settings of a listed token can rely on.
    package var tells: FactSources.Tells { facts.tells(orSaysExpired: !expiredIf.isEmpty) }
}
