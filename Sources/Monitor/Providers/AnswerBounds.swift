/// The bounds on the stored parts of a provider's answer.
enum Bounds {
    /// The most bytes of a name, an account or a permission; the rest is cut off.
    ///
    /// The bound exceeds any `account` of a configuration, so that a cut account never matches one.
    static let textBytes = 512
    /// The most bytes of a company, or of a part of the account holder's name.
    static let holderBytes = 128
    /// The most bytes of a text time; the longest valid one has about 40.
    static let timeBytes = 64
    /// The most permissions of one token; a full answer of the wordiest provider has some hundreds.
    static let permissions = 10_000
    /// The most bytes of all permissions of one token; 10,000 of the usual length.
    static let permissionBytes = 256 << 10
    /// The most bytes of a body that are searched for the texts of an error.
    static let errorBytes = 64 << 10
    /// The shortest secret that is searched for: a shorter one occurs in texts by chance.
    static let shortestEcho = 8
    /// The end of year 9999, in seconds since 1970.
    static let lastSecond: Int64 = 253_402_300_799
}
