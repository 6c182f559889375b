package import Alerting

/// What to request of a provider about a token, and where its answer has what: a value, not code.
///
/// The verdict is the first that holds: `expiredIf` expired; `deadIf` rejected; `limitedIf` rate
/// limited; the words of an error malformed, rate limited, expired or live; `deadStatus`, with one
/// of `deadText` if there are any, rejected; no `liveStatus`, or no JSON, malformed; `liveIf` not
/// met, malformed; else live.
package struct Profile: Hashable, Sendable {
    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: Template
    }

    /// The provider's name in the configuration.
    package var name: String
    /// The address of the provider's documentation; nil if the profile has none.
    package var docs: String?
    /// When the profile was last compared with the provider's documents, and with which.
    package var verified: String?
    /// What the profile does not see and no key of it says, a sentence each.
    package var remarks: [String] = []
    /// The API's address unless a token has its own; nil if every token needs one.
    package var base: BaseURL?
    /// Begins with `{base}`; nil if no request is sent and the secret itself, a JWT, is read.
    package var url: Template?
    package var method = "GET"
    package var headers: [Header] = []
    package var body: Template?
    /// `USER:PASSWORD` of the Basic scheme (RFC 7617), sent as the header `Authorization`.
    package var basic: Template?
    /// The names that a token has to give a value for, apart from `base` and `secret`.
    package var variables: [String] = []
    /// The names of the client's own secrets, which a token has to give in addition to its own.
    package var secrets: [String] = []

    /// The statuses of answers about a live token.
    package var liveStatus = [200]
    /// The statuses of answers that reject a token.
    package var deadStatus = [401]
    /// The body of such an answer has to contain one of these texts; none: any body rejects.
    package var deadText: [String] = []
    /// Texts of errors about too many requests, whatever the status.
    package var limitedText: [String] = []
    /// Texts of errors about an expired token, whatever the status.
    package var expiredText: [String] = []
    /// Texts of errors about a live token that may not do what was requested.
    package var liveText: [String] = []
    /// One that holds means too many requests.
    package var limitedIf: [Match] = []
    /// One that holds means a dead token; a place that is absent does not hold.
    package var deadIf: [Match] = []
    /// One that holds means an expired token; a good answer has every one of these places.
    package var expiredIf: [Match] = []
    /// Texts of errors that are no verdict, even if they contain one of the texts above.
    package var undecidedText: [String] = []
    /// Of a live token all matches of one of these lists hold; no list: nothing has to.
    package var liveIf: [[Match]] = []

    /// For a provider that reports all tokens at once: the places below are those of one object.
    package var row: ProfileRow?
    package var expires: TimeSource?
    package var lastUsed: TimeSource?
    package var created: TimeSource?
    package var permissions: SetSource?
    package var tokenName: TextSource?
    package var account: TextSource?
    /// The parts of the account holder's name; absent parts are left out.
    package var accountName: [Source] = []
    package var company: Source?
    package var permissionSyntax = PermissionSyntax.opaque

    /// The permissions that the provider documents; empty where the profile lists none.
    package var knownPermissions = PermissionSet([])
    /// How the provider's secrets begin, such as `ghp_`; empty if it publishes no prefix.
    package var secretPrefixes: [String] = []
    /// How secrets of another kind begin that must not be sent to this API.
    package var foreignPrefixes: [ForeignPrefix] = []

    /// How secrets of another kind begin, and what to do with one.
    package struct ForeignPrefix: Hashable, Sendable {
        package var prefix: String
        package var advice: String
    }

    package init(name: String) {
        self.name = name
    }
}

extension Profile {
    /// What a provider reports about a token, apart from whether it lives.
    package struct Tells: Hashable, Sendable {
        package let expiry: Bool
        package let permissions: Bool
        package let lastUsed: Bool
        package let created: Bool
        package let name: Bool
        package let account: Bool
    }

    /// What the settings of a token can rely on: `require` needs permissions, and so on.
    package var tells: Tells {
        Tells(
            expiry: expires != nil || !expiredIf.isEmpty,
            permissions: permissions != nil,
            lastUsed: lastUsed != nil,
            created: created != nil,
            name: tokenName != nil,
            account: account != nil
        )
    }
}

extension Profile {
    /// What this profile does not see of a token, a sentence each.
    package var cannotSee: [String] {
        let tells = tells
        var sentences: [String] = []
        if url == nil {
            sentences.append("The daemon sends no request: it does not notice a revoked token.")
        }
        if !tells.expiry {
            sentences.append("It does not report when a token expires: state it with expires.")
        }
        if !tells.permissions {
            sentences.append(
                "It does not report permissions: require and allow cannot be judged."
            )
        }
        if !tells.lastUsed {
            sentences.append(
                "It does not report when a token was last used: canary and unused_after cannot be"
                    + " judged."
            )
        }
        if !tells.account {
            sentences.append(
                "It does not report the account: account cannot be checked."
            )
        }
        return sentences + remarks
    }
}

/// Where a value comes from.
package enum Source: Hashable, Sendable, CustomStringConvertible {
    /// A place in the JSON body.
    case body(JSONPointer)
    /// A header of the answer, by name.
    case header(String)
    /// A claim of the secret, which is a JWT (RFC 7519).
    case claim(JSONPointer)

    /// As a profile writes it.
    package var description: String {
        switch self {
        case .body(let pointer): pointer.text
        case .header(let name): "header:\(name)"
        case .claim(let pointer): "claim:\(pointer.text)"
        }
    }

    /// For messages: `/token/name`, `header X-Name`, `claim /exp`.
    var label: String {
        switch self {
        case .body(let pointer): pointer.text
        case .header(let name): "header \(name)"
        case .claim(let pointer): "claim \(pointer.text)"
        }
    }
}

/// A point in time that a provider reports.
package struct TimeSource: Hashable, Sendable {
    package enum Form: String, Hashable, Sendable, CaseIterable {
        /// A date, or a date and time, as text.
        case text
        /// Seconds since 1970.
        case unix
        /// Milliseconds since 1970.
        case unixMilliseconds = "unix_ms"
        /// Seconds from the answer on.
        case inSeconds = "in_seconds"
    }

    /// What null or an absent member means, if it is no error.
    package enum Missing: String, Hashable, Sendable, CaseIterable {
        /// No expiry, or never used.
        case never
        case notTold = "not_told"
    }

    package var from: Source
    package var form: Form
    /// Values that mean "never".
    package var never: [MatchValue]
    /// Nil: an absent one makes the answer malformed.
    package var absent: Missing?
    package var null: Missing
    /// A time that is further ahead means "never".
    package var neverAfter: Duration?

    package init(
        _ from: Source,
        as form: Form = .text,
        never: [MatchValue] = [],
        neverAfter: Duration? = nil,
        absent: Missing? = nil,
        null: Missing = .never
    ) {
        self.from = from
        self.form = form
        self.never = never
        self.neverAfter = neverAfter
        self.absent = absent
        self.null = null
    }
}

/// The permissions that a provider reports: the union of the parts.
package struct SetSource: Hashable, Sendable {
    package enum Shape: Hashable, Sendable {
        /// An array of strings.
        case list
        /// One string, separated by any run of these characters; also an array of strings as it is.
        case split(String)
        /// An array of objects; a member of each.
        case each(JSONPointer)
    }

    /// What null or an absent member means, if it is no error.
    package enum Missing: String, Hashable, Sendable, CaseIterable {
        case empty
        case notTold = "not_told"
        /// The part is ignored; if every part is, the set is not reported.
        case skip
    }

    package struct Part: Hashable, Sendable {
        package var from: Source
        package var shape: Shape
        /// Nil: an absent one makes the answer malformed.
        package var absent: Missing?
        /// Nil: a null makes the answer malformed.
        package var null: Missing?

        package init(
            _ from: Source,
            _ shape: Shape = .list,
            absent: Missing? = nil,
            null: Missing? = nil
        ) {
            self.from = from
            self.shape = shape
            self.absent = absent
            self.null = null
        }
    }

    /// At least one; if one is not reported, or all are skipped, the whole set is not reported.
    package var parts: [Part]

    package init(_ parts: [Part]) {
        self.parts = parts
    }
}

/// A name that a provider reports.
package struct TextSource: Hashable, Sendable {
    package var from: Source
    /// Null or an absent member means "not reported", not a malformed answer.
    package var isOptional: Bool

    package init(_ from: Source, isOptional: Bool = false) {
        self.from = from
        self.isOptional = isOptional
    }
}

/// A JSON value that a profile compares with.
package enum MatchValue: Hashable, Sendable {
    case bool(Bool)
    case integer(Int64)
    case string(String)
}

/// A place in the body and the values that count there.
package struct Match: Hashable, Sendable {
    package var pointer: JSONPointer
    /// None: anything but null counts, which only `live_if` may ask for.
    package var values: [MatchValue]
    /// An array counts, whatever it holds, and nothing else; only of `live_if`.
    package var isList = false

    package init(_ pointer: JSONPointer, _ values: [MatchValue]) {
        self.pointer = pointer
        self.values = values
    }
}
