/// Bounds on the kept parts of a provider's answer.
enum Bounds {
    /// Of a name, an account or a permission; the rest of a longer one is cut off.
    ///
    /// More than any `account` of a configuration has, so that a cut one is another account.
    static let textBytes = 512
    /// Of a company, or a part of the name of an account's holder.
    static let holderBytes = 128
    /// Of a text time; the longest that can be read has about 40.
    static let timeBytes = 64
    /// Of one token; a full answer of the wordiest provider has some hundreds.
    static let permissions = 10_000
    /// Of all permissions of one token; 10,000 of the usual length.
    static let permissionBytes = 256 << 10
    /// Of a body that is searched for the words of an error.
    static let errorBytes = 64 << 10
    /// A shorter secret occurs in texts by chance.
    static let shortestEcho = 8
    /// The end of year 9999, in seconds since 1970.
    static let lastSecond: Int64 = 253_402_300_799
}
